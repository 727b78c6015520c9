using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>The results for programs to read.</summary>
static class DirtyPerfJson
{
    internal const int Schema = 1;

    internal static string Write(DirtyPerfOptions options, MachineDescription machine, DirtyPerfOutcome outcome)
    {
        var document = new DirtyPerfDocument(
            Schema,
            outcome.IsComplete,
            outcome.Failure,
            options.CommandLine,
            machine,
            options.Megabytes,
            options.Slots,
            options.Vcpus,
            options.WriteFraction,
            outcome.Phases,
            outcome.Stalls);
        return JsonSerializer.Serialize(document, DirtyPerfJsonContext.Default.DirtyPerfDocument);
    }
}

/// <summary>The document, member by member.</summary>
/// <param name="Schema">Rises when a member changes its meaning or goes.</param>
/// <param name="Complete">Whether everything asked for was measured.</param>
/// <param name="Failure">The check that failed, if one did.</param>
/// <param name="Command">The command line that measures the same again.</param>
/// <param name="Machine">Where, and of which sources.</param>
/// <param name="MegabytesPerVcpu">Memory of each vCPU.</param>
/// <param name="Slots">Slots that the memory is cut into.</param>
/// <param name="Vcpus">vCPUs.</param>
/// <param name="WriteFraction">Pages that are written, as a part of all.</param>
/// <param name="Phases">How long each phase took.</param>
/// <param name="Stalls">How long vCPUs were held back, by cause.</param>
sealed record DirtyPerfDocument(
    int Schema,
    bool Complete,
    string? Failure,
    string? Command,
    MachineDescription Machine,
    int MegabytesPerVcpu,
    int Slots,
    int Vcpus,
    double WriteFraction,
    IReadOnlyList<DirtyPhase> Phases,
    IReadOnlyList<DirtyStallResult> Stalls);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DirtyPerfDocument))]
sealed partial class DirtyPerfJsonContext : JsonSerializerContext;
