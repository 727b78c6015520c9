namespace KvmSharp.HostMemory;

/// <summary>How a file is mapped.</summary>
public enum FileMemoryAccess
{
    /// <summary>Reading only. Changes that others make to the file are seen.</summary>
    ReadOnly = 0,

    /// <summary>Copy on write: stores are private to the mapping and never reach the file.</summary>
    Private = 1,

    /// <summary>Stores reach the file and everybody who maps it.</summary>
    Shared = 2,
}
