using System.Text.Json.Serialization;

namespace KvmSharp.Cli.Compare;

/// <summary>What has become of a row from one run to the other.</summary>
[JsonConverter(typeof(VerdictConverter))]
enum Verdict
{
    /// <summary>No difference, or none beyond noise.</summary>
    Unchanged,

    /// <summary>It takes less time.</summary>
    Faster,

    /// <summary>It takes more time.</summary>
    Slower,

    /// <summary>It takes fewer bytes, or comparisons.</summary>
    Smaller,

    /// <summary>It takes more bytes, or comparisons.</summary>
    Larger,

    /// <summary>Only the first run has it.</summary>
    OnlyInA,

    /// <summary>Only the second run has it.</summary>
    OnlyInB,
}

/// <summary>Verdicts as words, the same for people and for programs.</summary>
sealed class VerdictConverter() : JsonStringEnumConverter<Verdict>(System.Text.Json.JsonNamingPolicy.KebabCaseLower);
