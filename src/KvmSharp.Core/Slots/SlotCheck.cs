namespace KvmSharp.Slots;

/// <summary>The checks of a slot change, in the order in which KVM makes them.</summary>
public enum SlotCheck
{
    /// <summary>None failed.</summary>
    None = 0,

    /// <summary>The machine is dead.</summary>
    MachineDead,

    /// <summary>The id is one of the machine's own, or beyond.</summary>
    IdIsUsers,

    /// <summary>Only flags that a user may set.</summary>
    FlagsKnown,

    /// <summary>The size is a multiple of the page size.</summary>
    SizeAligned,

    /// <summary>The guest address is a multiple of the page size.</summary>
    GpaAligned,

    /// <summary>The host address is a multiple of the page size.</summary>
    HvaAligned,

    /// <summary>The host range lies in the user's half of the address space.</summary>
    HvaIsUsers,

    /// <summary>The host range lies inside the owner named with it, which has not been disposed.</summary>
    BackingCovers,

    /// <summary>A place in a file is a multiple of the page size, and the range from it does not wrap.</summary>
    GuestFileOffset,

    /// <summary>The address space exists.</summary>
    SpaceExists,

    /// <summary>The guest range does not wrap.</summary>
    GpaDoesNotWrap,

    /// <summary>The slot is not larger than a slot may be.</summary>
    PagesWithinLimit,

    /// <summary>There is a slot of that id.</summary>
    SlotExists,

    /// <summary>The count of all pages does not wrap.</summary>
    TotalPagesDoNotWrap,

    /// <summary>A slot with pages of a file stays as it was made.</summary>
    GuestMemfdUnchanged,

    /// <summary>A slot keeps its host memory.</summary>
    HvaUnchanged,

    /// <summary>A slot keeps its size.</summary>
    SizeUnchanged,

    /// <summary>A slot stays read-only, or writable.</summary>
    ReadOnlyUnchanged,

    /// <summary>A transaction names an id once.</summary>
    NamedOnce,

    /// <summary>No two slots share a guest frame.</summary>
    NoOverlap,

    /// <summary>There is memory for the dirty bitmap.</summary>
    MemoryForBitmap,

    /// <summary>A file is named, and open.</summary>
    GuestFileOpen,

    /// <summary>The file is the machine's.</summary>
    GuestFileIsMachines,

    /// <summary>The file reaches as far as the slot.</summary>
    GuestFileCovers,

    /// <summary>No page of the file stands behind two slots.</summary>
    GuestFilePagesFree,

    /// <summary>The hypervisor that keeps the slots too accepts the change.</summary>
    MirrorAccepts,

    /// <summary>The last guest frame is one that the machine has.</summary>
    WithinMaxGfn,

    /// <summary>An id is free.</summary>
    IdFree,
}
