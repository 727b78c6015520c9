using System;

namespace KvmSharp.HyperV.VpSets;

/// <summary>A way from VP index to vCPU, chosen when a machine is created.</summary>
/// <param name="Name">The name on the command line and in results.</param>
/// <param name="Create">Makes a directory for a machine none of whose VP indices has been changed.</param>
public sealed record VpDirectoryDesign(string Name, Func<VirtualMachine, VpDirectory> Create)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
