using System;

namespace KvmSharp.HostMemory;

/// <summary>What the owner of borrowed memory lets the borrower ask of the host.</summary>
[Flags]
public enum BorrowedMemoryRights
{
    /// <summary>Reading and writing only.</summary>
    None = 0,

    /// <summary>Discarding pages.</summary>
    Discard = 1 << 0,

    /// <summary>Changing the protection of pages.</summary>
    Protect = 1 << 1,
}
