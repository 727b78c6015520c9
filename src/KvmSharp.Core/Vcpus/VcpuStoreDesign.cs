using System;

namespace KvmSharp.Vcpus;

/// <summary>A way to keep vCPUs, chosen when a machine is created.</summary>
/// <remarks>
/// Designs are the library's own: whoever takes memory away finds through them every vCPU that may be using it, so guests'
/// isolation rests on them.
/// </remarks>
public sealed class VcpuStoreDesign
{
    readonly Func<int, VcpuStore> _create;

    /// <param name="name">The name on the command line and in results.</param>
    /// <param name="create">Makes an empty store for at most so many vCPUs.</param>
    /// <param name="maxCount">vCPUs that a store of this design can keep.</param>
    internal VcpuStoreDesign(string name, Func<int, VcpuStore> create, int maxCount = int.MaxValue)
    {
        Name = name;
        MaxCount = maxCount;
        _create = create;
    }

    /// <summary>The name on the command line and in results.</summary>
    public string Name { get; }

    /// <summary>vCPUs that the design can keep; a machine that is given it has no more.</summary>
    public int MaxCount { get; }

    internal VcpuStore Create(int maxCount) => _create(maxCount);

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
