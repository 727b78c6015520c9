using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Serialization;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Doctor;

/// <summary>What a machine offers, for people and for programs.</summary>
/// <param name="Schema">Rises when a member changes its meaning or goes.</param>
/// <param name="Usable">Whether guests of some kind run on <c>/dev/kvm</c>.</param>
/// <param name="Machine">Which machine.</param>
/// <param name="Findings">What was looked at, in that order.</param>
/// <param name="Limits">The kernel's limits by name.</param>
/// <param name="Capabilities">What the kernel offers, by name with the number it gives.</param>
sealed record Diagnosis(
    int Schema,
    bool Usable,
    MachineDescription Machine,
    IReadOnlyList<Finding> Findings,
    IReadOnlyDictionary<string, long> Limits,
    IReadOnlyDictionary<string, int> Capabilities)
{
    internal const int CurrentSchema = 1;

    internal static bool IsUsable(IReadOnlyList<Finding> findings) => findings.Any(
        finding => finding is { Subject: Subject.RealMode or Subject.LongMode, Condition: Condition.Ok });
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Diagnosis))]
sealed partial class DiagnosisJsonContext : JsonSerializerContext;
