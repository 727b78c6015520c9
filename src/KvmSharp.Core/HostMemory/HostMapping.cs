using KvmSharp.Addresses;

namespace KvmSharp.HostMemory;

/// <summary>An owner of host memory.</summary>
public abstract class HostMapping
{
    /// <summary>Where the memory lies in this process.</summary>
    public abstract HvaRange Range { get; }
}
