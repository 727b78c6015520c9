using System.Globalization;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;

namespace KvmSharp.Slots;

/// <summary>
/// A span of guest frames and the host memory behind it. A slot never changes: a change publishes another slot in its
/// place. The one thing that moves is <see cref="IsInvalid"/>, which says that the slot is being, or has been, removed.
/// </summary>
/// <remarks>
/// Thread-safe. A slot object may be kept for ever; its host memory may be used only inside a read section in which the
/// slot was looked up, or by a vCPU through its memory view.
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>there is at least one page, and no more than <see cref="SlotLimits.MaxPagesPerSlot"/>;</item>
/// <item>neither the guest nor the host range wraps;</item>
/// <item>the host address is page-aligned.</item>
/// </list>
/// </remarks>
public class MemorySlot
{
    readonly ulong _base;
    readonly ulong _hva;
    readonly uint _pages;
    readonly ushort _id;
    readonly byte _space;

    // Set when another slot has taken this one's place; KVM has no such bit, and users do not see it.
    const uint Superseded = 1u << 31;

    // The Invalid bit may be set and cleared by the slots' one writer; read anywhere with Volatile.Read.
    uint _flags;

    /// <summary>Makes a slot; only a <see cref="SlotStore"/> does so.</summary>
    /// <param name="definition">Checked fields.</param>
    /// <param name="dirtyBitmap">Where writes are recorded, or none.</param>
    protected internal MemorySlot(in SlotDefinition definition, DirtyBitmap? dirtyBitmap)
    {
        _base = definition.Frames.Start.Value;
        _pages = (uint)definition.Frames.Count;
        _hva = definition.Hva.Value;
        _id = definition.Id.Value;
        _space = definition.Space.Value;
        _flags = (uint)definition.Flags;
        Backing = definition.Backing;
        DirtyBitmap = dirtyBitmap;
    }

    /// <summary>The user's name for the slot.</summary>
    public SlotId Id => new(_id);

    /// <summary>The address space it belongs to.</summary>
    public AddressSpaceId Space => new(_space);

    /// <summary>The first guest frame.</summary>
    public Gfn Base => new(_base);

    /// <summary>Pages in the slot.</summary>
    public ulong PageCount => _pages;

    /// <summary>The guest frame after the last.</summary>
    public Gfn End => new(_base + _pages);

    /// <summary>The guest frames the slot covers.</summary>
    public GfnRange Frames => new(Base, PageCount);

    /// <summary>The host memory behind the first frame.</summary>
    public Hva Hva => new(_hva);

    /// <summary>The host memory behind the slot.</summary>
    public HvaRange HvaRange => new(Hva, PageCount << Page.Shift);

    /// <summary>The owner of the host memory, when the caller named one.</summary>
    public HostMapping? Backing { get; }

    /// <summary>
    /// Where guest writes are recorded; none unless <see cref="SlotFlags.LogDirty"/> is set, and none in a machine that
    /// records them in rings.
    /// </summary>
    public DirtyBitmap? DirtyBitmap { get; }

    /// <summary>The flags now.</summary>
    public SlotFlags Flags => (SlotFlags)(Volatile.Read(ref _flags) & ~Superseded);

    /// <summary>Whether the slot is being, or has been, removed or moved away.</summary>
    public bool IsInvalid => (Flags & SlotFlags.Invalid) != 0;

    /// <summary>
    /// Whether nothing new may be mapped by what this slot says: it is being removed, or another with other flags has
    /// taken its place – where a reader that found it still finds the same memory.
    /// </summary>
    internal bool IsStale => (Volatile.Read(ref _flags) & (Superseded | (uint)SlotFlags.Invalid)) != 0;

    /// <summary>Whether guest writes are recorded, in a bitmap or in a ring.</summary>
    public bool IsLogged => (Flags & SlotFlags.LogDirty) != 0;

    /// <summary>KVM's slot word: the address space in the upper half, the id in the lower.</summary>
    internal uint Word => WordOf(Space, Id);

    /// <inheritdoc cref="Word"/>
    internal static uint WordOf(AddressSpaceId space, SlotId id) => ((uint)space.Value << 16) | id.Value;

    /// <summary>Whether guest writes leave the guest.</summary>
    public bool IsReadOnly => (Flags & SlotFlags.ReadOnly) != 0;

    /// <summary>Whether pages of a file stand behind it too; such a slot cannot be logged.</summary>
    internal bool HasGuestMemory => (Flags & SlotFlags.GuestMemfd) != 0;

    /// <summary>KVM's visibility rule: a user's slot that is not being removed.</summary>
    public bool IsVisible => !IsInvalid && _id < SlotLimits.UserSlots;

    /// <summary>The fields, for making a copy with some of them changed.</summary>
    public SlotDefinition Definition => new(Space, Id, Frames, Hva, Flags, Backing);

    /// <summary>Whether the slot covers <paramref name="gfn"/>.</summary>
    public bool Contains(Gfn gfn) => gfn.Value - _base < _pages;

    /// <summary>
    /// Whether host memory lies at the same distance from guest frames in both slots, and is discarded by the same means: side
    /// by side, the two are as good as one slot to whoever works on the memory.
    /// </summary>
    internal bool IsInStepWith(MemorySlot other) =>
        _hva - (_base << Page.Shift) == other._hva - (other._base << Page.Shift)
        && ReferenceEquals(Backing?.DiscardGroup, other.Backing?.DiscardGroup);

    /// <summary>The host memory behind <paramref name="gfn"/>, which the slot must cover.</summary>
    public Hva ToHva(Gfn gfn) => new(_hva + ((gfn.Value - _base) << Page.Shift));

    /// <summary>
    /// The guest frames behind the part of <paramref name="range"/> that lies in the slot, which must be some part;
    /// pages touched in part are included.
    /// </summary>
    public GfnRange ToFrames(HvaRange range)
    {
        ulong start = range.Start.Value > _hva ? range.Start.Value : _hva;
        ulong slotEnd = _hva + ((ulong)_pages << Page.Shift);
        ulong end = range.End.Value < slotEnd ? range.End.Value : slotEnd;
        return GfnRange.Between(
            new Gfn(_base + ((start - _hva) >> Page.Shift)),
            new Gfn(_base + ((end - _hva + Page.OffsetMask) >> Page.Shift)));
    }

    /// <summary>Says that the slot is going away, or after a failed change that it stays. For the slots' writer.</summary>
    internal void SetInvalid(bool invalid) =>
        // A release store: a reader that sees the bit also sees all that the writer did before.
        Volatile.Write(ref _flags, invalid ? _flags | (uint)SlotFlags.Invalid : _flags & ~(uint)SlotFlags.Invalid);

    /// <summary>Says that another slot has taken this one's place. For the slots' writer.</summary>
    internal void SetSuperseded() => Volatile.Write(ref _flags, _flags | Superseded);

    /// <summary>Where the slot lies, in hex.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Space} {Id} {Frames} {HvaRange} {Flags}");
}
