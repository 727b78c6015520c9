using System.Text.Json.Serialization;

namespace KvmSharp.Cli.Doctor;

/// <summary>What was looked at. Programs may rely on the names.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Subject>))]
enum Subject
{
    /// <summary>The processor's virtualization.</summary>
    Processor,

    /// <summary>The device is there.</summary>
    Device,

    /// <summary>It may be opened.</summary>
    Permission,

    /// <summary>It speaks the interface's one version.</summary>
    ApiVersion,

    /// <summary>Machines can be created.</summary>
    Machines,

    /// <summary>vCPUs can be created.</summary>
    Vcpus,

    /// <summary>Guests in real mode run.</summary>
    RealMode,

    /// <summary>Guests in long mode run.</summary>
    LongMode,

    /// <summary>Memory for guests.</summary>
    Memory,

    /// <summary>Huge pages without asking for each.</summary>
    TransparentHugePages,

    /// <summary>Huge pages set aside.</summary>
    ReservedHugePages,
}

/// <summary>How it was found.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Condition>))]
enum Condition
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Something else works without it.</summary>
    Limited,

    /// <summary>Not there.</summary>
    Missing,

    /// <summary>Not looked at, because of something before it.</summary>
    Unknown,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Subject">What.</param>
/// <param name="Condition">How it was found.</param>
/// <param name="Detail">What exactly was found.</param>
/// <param name="Fix">What to do about it, if anything can be done.</param>
sealed record Finding(Subject Subject, Condition Condition, string Detail, string? Fix = null);
