using System.Globalization;

namespace KvmSharp.Slots;

/// <summary>
/// How a slot change ended: <c>default</c> is success, anything else the check that failed. Nothing has changed then, but
/// for the generation where KVM's protocol advances it (a move beyond the last frame, found only when the slot is hidden).
/// </summary>
public readonly record struct SlotRefusal
{
    readonly ulong _value;
    readonly ulong _bound;
    readonly SlotId _id;

    internal SlotRefusal(SlotCheck check, KvmErrno errno, SlotId id, ulong value, ulong bound = 0)
    {
        Check = check;
        Errno = errno;
        _id = id;
        _value = value;
        _bound = bound;
    }

    /// <summary>The check that failed.</summary>
    public SlotCheck Check { get; }

    /// <summary>KVM's error code for it.</summary>
    public KvmErrno Errno { get; }

    /// <summary>Whether the change was made.</summary>
    public bool Succeeded => Check == SlotCheck.None;

    /// <summary>Throws if the change was refused.</summary>
    /// <exception cref="KvmException">The change was refused.</exception>
    public void ThrowIfRefused()
    {
        if (!Succeeded)
            throw new KvmException("KVM_SET_USER_MEMORY_REGION", Errno, ToString());
    }

    /// <summary>The check that failed with its values in hex.</summary>
    public override string ToString() => Check switch
    {
        SlotCheck.None => "success",
        SlotCheck.MachineDead => "the machine is dead",
        SlotCheck.IdIsUsers => Text($"slot id 0x{_id.Value:x} is not below 0x{_bound:x}"),
        SlotCheck.FlagsKnown => Text($"{_id}: flags 0x{_value:x} are not all among 0x{_bound:x}"),
        SlotCheck.SizeAligned => Text($"{_id}: size 0x{_value:x} is not a multiple of 0x{_bound:x}"),
        SlotCheck.GpaAligned => Text($"{_id}: guest address 0x{_value:x} is not a multiple of 0x{_bound:x}"),
        SlotCheck.HvaAligned => Text($"{_id}: host address 0x{_value:x} is not a multiple of 0x{_bound:x}"),
        SlotCheck.HvaIsUsers => Text($"{_id}: host range from 0x{_value:x} ends beyond 0x{_bound:x}"),
        SlotCheck.BackingCovers =>
            Text($"{_id}: host range [0x{_value:x},0x{_bound:x}) is not wholly inside its owner, or the owner is disposed"),
        SlotCheck.GuestFileOffset =>
            Text($"{_id}: 0x{_bound:x} bytes of a file from 0x{_value:x}: not a page's start, or it wraps"),
        SlotCheck.SpaceExists => Text($"{_id}: address space 0x{_value:x} is not below 0x{_bound:x}"),
        SlotCheck.GpaDoesNotWrap => Text($"{_id}: guest range from 0x{_value:x} of 0x{_bound:x} bytes wraps"),
        SlotCheck.PagesWithinLimit => Text($"{_id}: 0x{_value:x} pages are more than 0x{_bound:x}"),
        SlotCheck.SlotExists => Text($"{_id}: there is no such slot"),
        SlotCheck.TotalPagesDoNotWrap => Text($"{_id}: 0x{_value:x} pages more wrap the count of 0x{_bound:x}"),
        SlotCheck.GuestMemfdUnchanged =>
            Text($"{_id}: flags 0x{_value:x} over 0x{_bound:x}: a slot with GUEST_MEMFD can only be deleted"),
        SlotCheck.HvaUnchanged => Text($"{_id}: host address 0x{_value:x} differs from the slot's 0x{_bound:x}"),
        SlotCheck.SizeUnchanged => Text($"{_id}: 0x{_value:x} pages differ from the slot's 0x{_bound:x}"),
        SlotCheck.ReadOnlyUnchanged => Text($"{_id}: flags 0x{_value:x} differ from the slot's 0x{_bound:x} in READONLY"),
        SlotCheck.NamedOnce => Text($"{_id}: named twice in one transaction"),
        SlotCheck.NoOverlap => Text($"{_id}: guest frame 0x{_value:x} belongs to slot 0x{_bound:x} too"),
        SlotCheck.MemoryForBitmap => Text($"{_id}: no memory for a dirty bitmap of 0x{_value:x} pages"),
        SlotCheck.GuestFileOpen => Text($"{_id}: GUEST_MEMFD without a file, or with one that was closed"),
        SlotCheck.GuestFileIsMachines => Text($"{_id}: the file is another machine's"),
        SlotCheck.GuestFileCovers => Text($"{_id}: 0x{_value:x} is beyond the end of the file, 0x{_bound:x}"),
        SlotCheck.GuestFilePagesFree => Text($"{_id}: of the file's bytes [0x{_value:x},0x{_bound:x}) some are another slot's"),
        SlotCheck.MirrorAccepts => Text($"{_id}: the hypervisor refuses 0x{_bound:x} pages at guest frame 0x{_value:x}"),
        SlotCheck.WithinMaxGfn => Text($"{_id}: last guest frame 0x{_value:x} is above 0x{_bound:x}"),
        SlotCheck.IdFree => Text($"0x{_value:x} ids are wanted and 0x{_bound:x} are free"),
        _ => Text($"{Check}: 0x{_value:x}, 0x{_bound:x}"),
    };

    static string Text(System.FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
