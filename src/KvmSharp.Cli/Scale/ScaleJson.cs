using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;
using KvmSharp.Lab.Results;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Cli.Scale;

/// <summary>The results for programs to read: one schema for all subjects.</summary>
static class ScaleJson
{
    internal static string Write(ScaleOptions options, MachineDescription machine, ScaleOutcome outcome)
    {
        var document = new ScaleDocument(
            options.Budget.TotalSeconds,
            [.. outcome.Results.Select(Row)],
            options.Subject.PublishedFigures())
        {
            Complete = outcome.IsComplete,
            Command = options.CommandLine,
            Machine = machine,
        };
        return JsonSerializer.Serialize(document, ScaleJsonContext.Default.ScaleDocument);
    }

    static ScaleRow Row(ScaleResult result) => new(
        result.Subject,
        result.Case.Operation,
        result.Case.Design,
        result.Case.Count,
        result.Measure.Nanoseconds,
        result.Measure.LowNanoseconds,
        result.Measure.HighNanoseconds,
        result.Measure.Samples,
        result.Measure.Bytes,
        result.Measure.Comparisons,
        result.IsDefault,
        result.Case.Variant.Shuffled,
        result.Case.Variant.Set,
        result.Case.Variant.Dirty,
        result.Case.Variant.Threads,
        result.Measure.Note);
}

/// <summary>The document, member by member.</summary>
/// <param name="SecondsPerCase">The time that each case was given.</param>
/// <param name="Results">The results.</param>
/// <param name="Published">Published figures that follow from sizes, and what they come to here.</param>
sealed record ScaleDocument(
    double SecondsPerCase,
    IReadOnlyList<ScaleRow> Results,
    IReadOnlyList<PublishedFigure> Published) : ResultDocument;

/// <summary>A result.</summary>
/// <param name="Subject">What was measured: <c>slots</c>, <c>vcpus</c>, …</param>
/// <param name="Operation">The operation.</param>
/// <param name="Design">The design.</param>
/// <param name="Count">Slots, vCPUs, …</param>
/// <param name="Nanoseconds">The median time of one operation.</param>
/// <param name="LowNanoseconds">The first quartile.</param>
/// <param name="HighNanoseconds">The third quartile.</param>
/// <param name="Samples">Samples that the quartiles are of.</param>
/// <param name="Bytes">A size, where the row is about one.</param>
/// <param name="Comparisons">Keys compared or looked up, where the row is about that.</param>
/// <param name="Default">Whether a machine gets this design when nothing is chosen.</param>
/// <param name="Shuffled">Whether the numbers that are looked up are in no order.</param>
/// <param name="Set">Members of the set that is translated.</param>
/// <param name="Dirty">Pages that are dirty.</param>
/// <param name="Threads">Threads that read at the same time.</param>
/// <param name="Note">What a reader has to know.</param>
sealed record ScaleRow(
    string Subject,
    string Operation,
    string Design,
    long Count,
    double? Nanoseconds,
    double? LowNanoseconds,
    double? HighNanoseconds,
    int? Samples,
    double? Bytes,
    long? Comparisons,
    bool Default,
    bool? Shuffled,
    int? Set,
    long? Dirty,
    int? Threads,
    string? Note);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScaleDocument))]
sealed partial class ScaleJsonContext : JsonSerializerContext;
