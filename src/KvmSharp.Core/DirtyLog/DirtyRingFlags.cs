using System;

namespace KvmSharp.DirtyLog;

/// <summary>The life of a ring entry: none → dirty (KVM) → reset (who harvests) → none (KVM).</summary>
[Flags]
public enum DirtyRingFlags : uint
{
    /// <summary>The entry is free.</summary>
    None = 0,

    /// <summary>The entry holds a page that waits to be harvested (<c>KVM_DIRTY_GFN_F_DIRTY</c>).</summary>
    Dirty = 1 << 0,

    /// <summary>The entry was harvested and may be used again (<c>KVM_DIRTY_GFN_F_RESET</c>).</summary>
    Reset = 1 << 1,
}
