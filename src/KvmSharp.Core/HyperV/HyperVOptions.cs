using System;
using KvmSharp.HyperV.VpSets;

namespace KvmSharp.HyperV;

/// <summary>What is chosen about a machine's Hyper-V interface when the machine is created.</summary>
public sealed record HyperVOptions
{
    /// <summary>How vCPUs are found by VP index.</summary>
    public VpDirectoryDesign VpDirectory { get; init; } = VpBankDirectory.Design;

    internal void Check() => ArgumentNullException.ThrowIfNull(VpDirectory);
}
