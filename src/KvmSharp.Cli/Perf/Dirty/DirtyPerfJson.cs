using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>The results for programs to read.</summary>
static class DirtyPerfJson
{
    internal static string Write(DirtyPerfOptions options, MachineDescription machine, DirtyPerfOutcome outcome)
    {
        var document = new DirtyPerfDocument(
            options.Megabytes,
            options.Slots,
            options.Vcpus,
            options.WriteFraction,
            outcome.Phases,
            outcome.Stalls)
        {
            Complete = outcome.IsComplete,
            Failure = outcome.Failure,
            Command = options.CommandLine,
            Machine = machine,
        };
        return JsonSerializer.Serialize(document, DirtyPerfJsonContext.Default.DirtyPerfDocument);
    }
}

/// <summary>The document, member by member.</summary>
/// <param name="MegabytesPerVcpu">Memory of each vCPU.</param>
/// <param name="Slots">Slots that the memory is cut into.</param>
/// <param name="Vcpus">vCPUs.</param>
/// <param name="WriteFraction">Pages that are written, as a part of all.</param>
/// <param name="Phases">How long each phase took.</param>
/// <param name="Stalls">How long vCPUs were held back, by cause.</param>
sealed record DirtyPerfDocument(
    int MegabytesPerVcpu,
    int Slots,
    int Vcpus,
    double WriteFraction,
    IReadOnlyList<DirtyPhase> Phases,
    IReadOnlyList<DirtyStallResult> Stalls) : ResultDocument;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DirtyPerfDocument))]
sealed partial class DirtyPerfJsonContext : JsonSerializerContext;
