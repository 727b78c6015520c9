namespace KvmSharp.HostMemory;

/// <summary>Whether the host should back memory with huge pages. A hint: the host may not know it.</summary>
public enum HugePages
{
    /// <summary>As the host is set up.</summary>
    Default = 0,

    /// <summary>Huge pages where possible; the mapping starts on a huge page boundary.</summary>
    Prefer = 1,

    /// <summary>Small pages only: memory is populated and returned a page at a time.</summary>
    Never = 2,
}
