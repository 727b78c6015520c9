using System.Collections.Generic;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>An access that a vCPU makes, and what comes of it.</summary>
/// <param name="Address">
/// The guest physical address; the guest runs in real mode with flat segments, so below 4 GiB. Or the port.
/// </param>
/// <param name="Size">Bytes: 1, 2 or 4.</param>
/// <param name="IsWrite">Whether it writes.</param>
/// <param name="Value">What it writes; of a read, what it finds, with ones where no memory answers.</param>
/// <param name="IsPort">Whether it is an output to a port.</param>
sealed record GuestAccess(ulong Address, int Size, bool IsWrite, uint Value, bool IsPort = false)
{
    /// <summary>What an access outside memory reads.</summary>
    internal const byte OpenBus = 0xff;

    /// <summary>Pieces that went to devices, in their order.</summary>
    internal List<string> Pieces { get; } = [];

    /// <summary>Why it was not made, if it was not.</summary>
    internal string? Obstacle { get; init; }
}
