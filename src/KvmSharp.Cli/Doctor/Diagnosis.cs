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

    internal static bool IsUsable(IReadOnlyList<Finding> findings) =>
        ConditionOf(findings, Subject.RealMode) == Condition.Ok
        || ConditionOf(findings, Subject.LongMode) is Condition.Ok or Condition.Limited;

    /// <summary>Which guests run on <c>/dev/kvm</c>, in a sentence.</summary>
    internal static string Verdict(IReadOnlyList<Finding> findings) =>
        (ConditionOf(findings, Subject.RealMode), ConditionOf(findings, Subject.LongMode)) switch
        {
            (Condition.Ok, Condition.Ok) => "Guests run on /dev/kvm.",
            (Condition.Ok, Condition.Limited) => "Guests run on /dev/kvm, in long mode not all; the software CPU runs those too.",
            (Condition.Ok, _) => "Guests that stay in real mode run on /dev/kvm, others on the software CPU.",
            (_, Condition.Ok or Condition.Limited) => "Guests that begin in long mode run on /dev/kvm, others on the software CPU.",
            _ => "No guests run on /dev/kvm; the software CPU needs none of this.",
        };

    static Condition? ConditionOf(IReadOnlyList<Finding> findings, Subject subject) =>
        findings.FirstOrDefault(finding => finding.Subject == subject)?.Condition;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Diagnosis))]
sealed partial class DiagnosisJsonContext : JsonSerializerContext;
