using System.Text.Json.Serialization;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli;

/// <summary>How every document of results begins.</summary>
abstract record ResultDocument
{
    /// <summary>Rises when a member changes its meaning or goes.</summary>
    internal const int CurrentSchema = 1;

    // Members of the base come last unless they say otherwise.

    /// <summary>The schema that the document follows.</summary>
    [JsonPropertyOrder(-5)]
    public int Schema { get; } = CurrentSchema;

    /// <summary>Whether everything asked for was measured.</summary>
    [JsonPropertyOrder(-4)]
    public required bool Complete { get; init; }

    /// <summary>The check that failed, if one did.</summary>
    [JsonPropertyOrder(-3)]
    public string? Failure { get; init; }

    /// <summary>The command line that measures the same again.</summary>
    [JsonPropertyOrder(-2)]
    public required string? Command { get; init; }

    /// <summary>Where, and of which sources.</summary>
    [JsonPropertyOrder(-1)]
    public required MachineDescription Machine { get; init; }
}
