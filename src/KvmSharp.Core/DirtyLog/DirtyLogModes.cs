using System;

namespace KvmSharp.DirtyLog;

/// <summary>How dirty bitmaps are read: the argument of <c>KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2</c>.</summary>
[Flags]
public enum DirtyLogModes : ulong
{
    /// <summary>Reading a log clears it.</summary>
    None = 0,

    /// <summary>
    /// Reading a log leaves it; it is cleared by a call of its own, page by page if the caller likes
    /// (<c>KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE</c>).
    /// </summary>
    ManualProtect = 1 << 0,

    /// <summary>
    /// The log of a slot that begins to be logged says that every page is dirty, so that switching on passes over no
    /// memory; only with <see cref="ManualProtect"/> (<c>KVM_DIRTY_LOG_INITIALLY_SET</c>).
    /// </summary>
    InitiallySet = 1 << 1,
}
