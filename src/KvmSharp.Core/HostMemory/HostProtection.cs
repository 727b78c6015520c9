namespace KvmSharp.HostMemory;

/// <summary>What may be done with a page of host memory. A greater value allows more.</summary>
public enum HostProtection : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Reading.</summary>
    Read = 1,

    /// <summary>Reading and writing.</summary>
    ReadWrite = 3,
}
