using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;
using KvmSharp.Lab.Results;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf;

/// <summary>The results for programs to read.</summary>
static class PerfJson
{
    internal static string Write(PerfOptions options, MachineDescription machine, PerfOutcome outcome)
    {
        var document = new PerfDocument(
            SlotStores.Default.Name,
            options.Baseline.Name,
            options.Limit.TotalSeconds,
            options.Runs,
            PerfOptions.NameOf(options.Guest),
            outcome.Results,
            [.. options.Slots.SelectMany(slots => Obstacles(options, slots))])
        {
            Complete = outcome.IsComplete,
            Failure = outcome.Failure,
            Command = options.CommandLine,
            Machine = machine,
        };
        return JsonSerializer.Serialize(document, PerfJsonContext.Default.PerfDocument);
    }

    static IEnumerable<PerfObstacle> Obstacles(PerfOptions options, int slots)
    {
        PerfCase[] cases = [.. options.Tests.Select(test => PerfCase.Of(test, slots))];
        foreach (PerfCase @case in cases)
        {
            if (@case.Obstacle is { } obstacle)
                yield return obstacle;
        }
        foreach (SlotStoreDesign store in options.Stores)
        {
            foreach (PerfCase @case in cases.Where(@case => @case.WhyImpossible is null))
            {
                if (PerfCase.WhyTooMany(store, @case.Slots) is { } reason)
                    yield return new PerfObstacle(@case.Test.Name, slots, reason, store.Name);
            }
            if (options.Setup && PerfCase.WhyTooMany(store, slots) is { } tooMany)
                yield return new PerfObstacle(PerfOptions.SetupName, slots, tooMany, store.Name);
        }
    }
}

/// <summary>The document, member by member.</summary>
/// <param name="DefaultStore">The store that a machine gets when nothing is chosen.</param>
/// <param name="BaselineStore">The store that the table compares with.</param>
/// <param name="SecondsPerTest">The time that each test was given.</param>
/// <param name="Runs">Runs, of which the best is reported.</param>
/// <param name="Guest">What executed the guest's loops: <c>view</c> or <c>x86</c>.</param>
/// <param name="Results">The results.</param>
/// <param name="NotPossible">The tests that could not be run with the slots asked for.</param>
sealed record PerfDocument(
    string DefaultStore,
    string BaselineStore,
    double SecondsPerTest,
    int Runs,
    string Guest,
    IReadOnlyList<PerfResult> Results,
    IReadOnlyList<PerfObstacle> NotPossible) : ResultDocument;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PerfDocument))]
sealed partial class PerfJsonContext : JsonSerializerContext;
