using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Reclaim;

namespace KvmSharp.Slots;

/// <summary>
/// A machine's memory slots: which guest frames are backed by which host memory, in each of its address spaces.
/// </summary>
/// <remarks>
/// All members may be called from any thread, while vCPUs run. Changes exclude each other; a change returns when no vCPU
/// and no reader can reach memory that it took away. Do not change slots inside a read section.
/// <para>
/// Each change makes KVM's checks in KVM's order (see <see cref="SlotCheck"/>); a refusal changes nothing. The
/// <c>Try…</c> forms report it, the others throw <see cref="KvmException"/>.
/// </para>
/// </remarks>
public sealed partial class MemorySlots
{
    // Fixed after construction:
    readonly SlotSpace[] _spaces;
    readonly PublicationGate _gate;
    readonly ReadSections _sections;
    readonly ISlotConsequences _machine;
    readonly Gfn _maxGfn;
    readonly ISlotMirror? _mirror;
    readonly int _userSlots;

    readonly Lock _slotsLock = new();

    // Guarded by _slotsLock; the counters are also read without it.
    ulong _totalPages;
    long _publications;
    long _graceWaits;
    bool _initiallySet;

    internal MemorySlots(
        SlotStoreDesign design,
        int spaces,
        Gfn maxGfn,
        ReadSections sections,
        ISlotConsequences machine,
        ISlotMirror? mirror = null)
    {
        Design = design;
        _gate = new PublicationGate();
        _sections = sections;
        _machine = machine;
        _maxGfn = maxGfn;
        _mirror = mirror;
        _spaces = new SlotSpace[spaces];
        for (int space = 0; space < spaces; space++)
            _spaces[space] = new SlotSpace(new AddressSpaceId((byte)space), spaces, design);
        _userSlots = _spaces[0].Store.UserSlots;
    }

    /// <summary>The store design chosen when the machine was created.</summary>
    public SlotStoreDesign Design { get; }

    /// <summary>The address spaces the machine has.</summary>
    public int SpaceCount => _spaces.Length;

    /// <summary>Pages in all slots of all spaces.</summary>
    public ulong TotalPages => Volatile.Read(ref _totalPages);

    /// <summary>
    /// Whether a dirty bitmap that is made from now on starts with every page marked, which saves the pass over mapped
    /// memory when logging is switched on (KVM's <c>DIRTY_LOG_INITIALLY_SET</c>).
    /// </summary>
    public bool DirtyLogInitiallySet
    {
        get => Volatile.Read(ref _initiallySet);
        set => Volatile.Write(ref _initiallySet, value);
    }

    internal PublicationGate Gate => _gate;

    /// <summary>Held while slots are changed, and while dirty logs are read and cleared.</summary>
    internal Lock UpdateLock => _slotsLock;

    internal long Publications => Volatile.Read(ref _publications);

    internal long GraceWaits => Volatile.Read(ref _graceWaits);

    /// <summary>Creates, deletes, moves or re-flags a slot: <c>KVM_SET_USER_MEMORY_REGION</c>.</summary>
    /// <returns>Success, or the check that failed.</returns>
    public SlotRefusal TrySet(in MemoryRegion region)
    {
        SlotEdit edit = SlotEdit.Set(region);
        return Apply(region.Space, new Span<SlotEdit>(ref edit));
    }

    /// <summary>Creates, deletes, moves or re-flags a slot: <c>KVM_SET_USER_MEMORY_REGION</c>.</summary>
    /// <exception cref="KvmException">A check failed.</exception>
    public void Set(in MemoryRegion region) => TrySet(region).ThrowIfRefused();

    /// <summary>Creates a slot for all of <paramref name="memory"/> under the lowest free id.</summary>
    /// <param name="gpa">Where the guest finds it.</param>
    /// <param name="memory">The memory; it stays mapped for as long as the slot is there.</param>
    /// <param name="flags">Flags of the slot.</param>
    /// <param name="space">The address space.</param>
    /// <returns>The id.</returns>
    /// <exception cref="KvmException">A check failed, or no id is free (<see cref="KvmErrno.ENOSPC"/>).</exception>
    public SlotId Add(Gpa gpa, HostMapping memory, SlotFlags flags = SlotFlags.None, AddressSpaceId space = default)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return Add(gpa, memory, 0, memory.Range.Length, flags, space);
    }

    /// <summary>Creates a slot for a part of <paramref name="memory"/> under the lowest free id.</summary>
    /// <param name="gpa">Where the guest finds it.</param>
    /// <param name="memory">The memory; it stays mapped for as long as the slot is there.</param>
    /// <param name="offset">Bytes from the memory's start.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="flags">Flags of the slot.</param>
    /// <param name="space">The address space.</param>
    /// <returns>The id.</returns>
    /// <exception cref="KvmException">A check failed, or no id is free (<see cref="KvmErrno.ENOSPC"/>).</exception>
    public SlotId Add(
        Gpa gpa, HostMapping memory, ulong offset, ulong size, SlotFlags flags = SlotFlags.None, AddressSpaceId space = default)
    {
        ArgumentNullException.ThrowIfNull(memory);
        lock (_slotsLock)
        {
            SlotId id = default;
            SlotRefusal refusal = CheckSpace(space, default);
            if (refusal.Succeeded && !_spaces[space.Value].Ids.TryFindLowest(out id))
                refusal = new SlotRefusal(SlotCheck.IdFree, KvmErrno.ENOSPC, id, 1);
            if (refusal.Succeeded)
            {
                SlotEdit edit = SlotEdit.Set(
                    new MemoryRegion(id, flags, gpa, size, memory.Range.Start + offset) { Space = space, Backing = memory });
                refusal = ApplyLocked(space, new Span<SlotEdit>(ref edit));
            }
            refusal.ThrowIfRefused();
            return id;
        }
    }

    /// <summary>Creates a slot for all of <paramref name="memory"/> under an id of the caller's choice.</summary>
    /// <exception cref="KvmException">A check failed; or there is a slot of that id, of other size or memory.</exception>
    public void Create(
        SlotId id, Gpa gpa, HostMapping memory, SlotFlags flags = SlotFlags.None, AddressSpaceId space = default)
    {
        ArgumentNullException.ThrowIfNull(memory);
        Set(new MemoryRegion(id, flags, gpa, memory.Range.Length, memory.Range.Start) { Space = space, Backing = memory });
    }

    /// <summary>Deletes a slot. On return nobody can reach its memory through this machine.</summary>
    /// <exception cref="KvmException">There is no such slot.</exception>
    public void Delete(SlotId id, AddressSpaceId space = default) => TryDelete(id, space).ThrowIfRefused();

    /// <summary>Deletes a slot.</summary>
    /// <returns>Success, or the check that failed.</returns>
    public SlotRefusal TryDelete(SlotId id, AddressSpaceId space = default) => ApplyOne(space, SlotEdit.Delete(id));

    /// <summary>
    /// Moves a slot to another guest address, with its host memory and its dirty bitmap. Until it is there, the guest
    /// finds no memory at either place.
    /// </summary>
    /// <exception cref="KvmException">A check failed.</exception>
    public void Move(SlotId id, Gpa to, AddressSpaceId space = default) => TryMove(id, to, space).ThrowIfRefused();

    /// <summary>Moves a slot to another guest address.</summary>
    /// <returns>Success, or the check that failed.</returns>
    public SlotRefusal TryMove(SlotId id, Gpa to, AddressSpaceId space = default) => ApplyOne(space, SlotEdit.Move(id, to));

    /// <summary>Sets a slot's flags; only <see cref="SlotFlags.LogDirty"/> may change. The guest notices nothing.</summary>
    /// <exception cref="KvmException">A check failed.</exception>
    public void SetFlags(SlotId id, SlotFlags flags, AddressSpaceId space = default) =>
        TrySetFlags(id, flags, space).ThrowIfRefused();

    /// <summary>Sets a slot's flags.</summary>
    /// <returns>Success, or the check that failed.</returns>
    public SlotRefusal TrySetFlags(SlotId id, SlotFlags flags, AddressSpaceId space = default) =>
        ApplyOne(space, SlotEdit.SetFlags(id, flags));

    /// <summary>Begins to collect changes that are to become visible together.</summary>
    public SlotTransaction BeginTransaction(AddressSpaceId space = default) => new(this, space);

    /// <summary>
    /// The slots as they are now. Later changes leave what is returned alone, except that a slot which is removed says so
    /// (<see cref="MemorySlot.IsInvalid"/>). Constant time with the default store.
    /// </summary>
    public SlotSet Snapshot(AddressSpaceId space = default)
    {
        lock (_slotsLock)
            return SpaceOf(space).Store.Snapshot();
    }

    /// <summary>The generation of a space's slots.</summary>
    public SlotGeneration Generation(AddressSpaceId space = default) => SpaceOf(space).Generation;

    /// <summary>Slots in a space.</summary>
    public int Count(AddressSpaceId space = default) => SpaceOf(space).Store.Active.Count;

    /// <summary>User ids that are free in a space.</summary>
    public int FreeIdCount(AddressSpaceId space = default)
    {
        lock (_slotsLock)
            return SpaceOf(space).Ids.FreeCount;
    }

    /// <summary>The lowest user id that is free in a space.</summary>
    /// <returns><see langword="false"/> when none is.</returns>
    public bool TryFindFreeId(out SlotId id, AddressSpaceId space = default)
    {
        lock (_slotsLock)
            return SpaceOf(space).Ids.TryFindLowest(out id);
    }

    /// <summary>The visible slot that covers a frame.</summary>
    /// <remarks>Its host memory may be used only inside a read section that began before the call.</remarks>
    public bool TryFind(Gfn gfn, [NotNullWhen(true)] out MemorySlot? slot, AddressSpaceId space = default)
    {
        SlotStore store = SpaceOf(space).Store;
        using ReadSection section = EnterForLookup(store);
        slot = store.Active.Find(gfn);
        return slot is { IsVisible: true };
    }

    /// <summary>The visible slot that covers a frame, for a reader that mostly asks for the same one.</summary>
    /// <param name="gfn">The frame.</param>
    /// <param name="lastUsed">The reader's own memory; always for the same space.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="space">The address space.</param>
    /// <remarks>Its host memory may be used only inside a read section that began before the call.</remarks>
    public bool TryFind(
        Gfn gfn, ref LastUsedSlot lastUsed, [NotNullWhen(true)] out MemorySlot? slot, AddressSpaceId space = default)
    {
        SlotSpace where = SpaceOf(space);
        slot = lastUsed.Recall(where, gfn) ?? FindAndRemember(where, gfn, ref lastUsed);
        return slot is { IsVisible: true };
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    MemorySlot? FindAndRemember(SlotSpace space, Gfn gfn, ref LastUsedSlot lastUsed)
    {
        using ReadSection section = EnterForLookup(space.Store);
        return lastUsed.Find(space, gfn);
    }

    // A section that was never entered ends without doing anything.
    internal ReadSection EnterForLookup(SlotStore store) => store.LookupsNeedSection ? _sections.Enter() : default;

    /// <summary>The visible slot of an id.</summary>
    /// <remarks>Its host memory may be used only inside a read section that began before the call.</remarks>
    public bool TryFind(SlotId id, [NotNullWhen(true)] out MemorySlot? slot, AddressSpaceId space = default)
    {
        SlotStore store = SpaceOf(space).Store;
        using ReadSection section = EnterForLookup(store);
        slot = store.Active.FindById(id);
        return slot is { IsVisible: true };
    }

    /// <summary>
    /// The slots that readers see now, for lookups of every kind. Keep the set no longer than the read section.
    /// </summary>
    /// <param name="section">Proof that a read section is open.</param>
    /// <param name="space">The address space.</param>
    public SlotSet Current(in ReadSection section, AddressSpaceId space = default) => SpaceOf(space).Store.Active;

    internal SlotSpace SpaceOf(AddressSpaceId space)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(space.Value, _spaces.Length, nameof(space));
        return _spaces[space.Value];
    }

    internal ReadOnlySpan<SlotSpace> Spaces => _spaces;

    /// <summary>Applies a transaction's changes.</summary>
    internal SlotRefusal Apply(AddressSpaceId space, Span<SlotEdit> edits)
    {
        lock (_slotsLock)
            return ApplyLocked(space, edits);
    }

    SlotRefusal ApplyOne(AddressSpaceId space, SlotEdit edit)
    {
        edit.Region = edit.Region with { Space = space };
        return Apply(space, new Span<SlotEdit>(ref edit));
    }

    /// <summary>Deletes every slot, when the machine has died and no vCPU can enter again.</summary>
    internal void Clear()
    {
        lock (_slotsLock)
        {
            _guestMemory = null;
            foreach (SlotSpace space in _spaces)
            {
                SlotSet slots = space.Store.Active;
                var doomed = new List<MemorySlot>(slots.Count);
                slots.CopyTo(doomed);
                // The last one first: where slots stand in an array, none has to move up.
                SlotChange[] changes = new SlotChange[doomed.Count];
                for (int index = 0; index < changes.Length; index++)
                    changes[index].Old = doomed[^(index + 1)];
                if (changes.Length != 0)
                    Update(space, changes).ThrowIfRefused();
            }
        }
    }

    /// <summary>Checks the invariants of every store and of the counts kept beside them.</summary>
    /// <exception cref="InvalidOperationException">One does not hold.</exception>
    internal void CheckInvariants()
    {
        lock (_slotsLock)
        {
            ulong pages = 0;
            foreach (SlotSpace space in _spaces)
            {
                space.Store.CheckInvariants();
                if (space.Generation.IsUpdating || space.Generation.Value % (ulong)_spaces.Length != space.Id.Value)
                    throw new InvalidOperationException($"{space.Id}: {space.Generation} is not a settled stamp of the space");
                if (space.Ids.UsedCount != space.Store.Active.Count)
                    throw new InvalidOperationException($"{space.Id}: {space.Ids.UsedCount} ids used");
                foreach (MemorySlot slot in space.Store.Active.All)
                    pages += slot.PageCount;
            }
            if (pages != _totalPages)
                throw new InvalidOperationException($"the slots have {pages} pages, {_totalPages} are counted");
        }
    }
}
