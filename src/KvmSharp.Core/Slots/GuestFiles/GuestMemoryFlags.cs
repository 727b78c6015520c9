using System;

namespace KvmSharp.Slots.GuestFiles;

/// <summary>KVM's flags of a <c>guest_memfd</c> (<c>GUEST_MEMFD_FLAG_…</c>).</summary>
[Flags]
public enum GuestMemoryFlags : ulong
{
    /// <summary>Nobody but the guest maps it.</summary>
    None = 0,

    /// <summary>The user may map it too (<c>GUEST_MEMFD_FLAG_MMAP</c>).</summary>
    Mmap = 1 << 0,

    /// <summary>Its pages are shared with the user from the beginning (<c>GUEST_MEMFD_FLAG_INIT_SHARED</c>).</summary>
    InitShared = 1 << 1,
}
