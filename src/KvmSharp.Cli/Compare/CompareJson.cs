using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Compare;

/// <summary>A comparison for programs.</summary>
static class CompareJson
{
    internal const int Schema = 1;

    internal static string Write(Comparison comparison) => JsonSerializer.Serialize(
        new CompareDocument(
            Schema,
            Side(comparison.A),
            Side(comparison.B),
            comparison.IsOneMachine,
            comparison.MeanTimeRatio,
            [
                .. comparison.Rows.Select(row => new CompareRow(
                    row.Key.What, row.Key.Count, row.Key.Design, JsonNamingPolicy.CamelCase.ConvertName(row.Key.Unit.ToString()),
                    row.A?.Value, row.B?.Value, row.Ratio, row.Verdict)),
            ]),
        CompareJsonContext.Default.CompareDocument);

    static CompareSide Side(ResultFile file) => new(file.Source, file.IsComplete, file.Command, file.Machine);
}

/// <summary>The document, member by member.</summary>
/// <param name="Schema">Rises when a member changes its meaning or goes.</param>
/// <param name="A">The first run.</param>
/// <param name="B">The second.</param>
/// <param name="SameMachine">Whether both ran on the same machine and runtime.</param>
/// <param name="MeanTimeRatio">The geometric mean of the ratios of times.</param>
/// <param name="Rows">The rows, unchanged ones too.</param>
sealed record CompareDocument(
    int Schema, CompareSide A, CompareSide B, bool SameMachine, double? MeanTimeRatio, IReadOnlyList<CompareRow> Rows);

/// <summary>A run.</summary>
/// <param name="Source">The file.</param>
/// <param name="Complete">Whether everything asked for was measured.</param>
/// <param name="Command">The command line that measures the same again.</param>
/// <param name="Machine">Where, and of which sources.</param>
sealed record CompareSide(string Source, bool Complete, string? Command, MachineDescription Machine);

/// <summary>A row.</summary>
/// <param name="What">The test, or the subject and its operation.</param>
/// <param name="Count">Slots, vCPUs, …</param>
/// <param name="Design">The design.</param>
/// <param name="Unit"><c>nanoseconds</c>, <c>bytes</c> or <c>comparisons</c>.</param>
/// <param name="A">In the first run.</param>
/// <param name="B">In the second.</param>
/// <param name="Ratio">The second of the first.</param>
/// <param name="Verdict">What has become of it.</param>
sealed record CompareRow(
    string What, long Count, string Design, string Unit, double? A, double? B, double? Ratio, Verdict Verdict);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CompareDocument))]
sealed partial class CompareJsonContext : JsonSerializerContext;
