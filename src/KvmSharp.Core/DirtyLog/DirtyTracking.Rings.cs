using System.Numerics;
using System.Threading;
using KvmSharp.SecondStage;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.DirtyLog;

// KVM's calls on dirty rings.
partial class DirtyTracking
{
    // Entries of each vCPU's ring, or 0. Written while there are no vCPUs, under the lock that creates them; read anywhere.
    int _ringEntries;

    // Whether slots have bitmaps all the same. Guarded by the slots lock.
    bool _keepsBitmaps;

    /// <summary>Whether each vCPU records in a ring; KVM's calls on bitmaps are refused then.</summary>
    public bool UsesRings => Volatile.Read(ref _ringEntries) != 0;

    /// <summary>Whether a slot that begins to be logged gets a bitmap.</summary>
    internal bool UsesBitmaps => !UsesRings || _keepsBitmaps;

    /// <summary>
    /// Makes vCPUs record what they write in rings, before the first is created:
    /// <c>KVM_ENABLE_CAP(KVM_CAP_DIRTY_LOG_RING_ACQ_REL)</c>.
    /// </summary>
    /// <param name="bytes">Bytes of each ring, <see cref="DirtyRing.EntryBytes"/> an entry: a power of two, 4 KiB … 1 MiB.</param>
    /// <returns>
    /// <see cref="KvmErrno.EINVAL"/>: not such a size, rings are in use already, or there is a vCPU or a
    /// consumer.
    /// <see cref="KvmErrno.E2BIG"/>: more than 1 MiB.
    /// </returns>
    public KvmErrno TryEnableRings(ulong bytes)
    {
        KvmErrno errno = DirtyRing.CheckSize(bytes);
        if (errno != KvmErrno.None)
            return errno;
        // Under the slots lock too: no slot is being given a bitmap, and no consumer is being opened.
        lock (SlotsLock)
        {
            if (UsesRings || _consumers.Length != 0)
                return KvmErrno.EINVAL;
            int entries = (int)(bytes / DirtyRing.EntryBytes);
            return _machine.Vcpus.TryBeforeFirst(() => Volatile.Write(ref _ringEntries, entries))
                ? KvmErrno.None
                : KvmErrno.EINVAL;
        }
    }

    /// <summary>
    /// Frees the entries of all rings that were harvested, and makes the next write to their pages fault again:
    /// <c>KVM_RESET_DIRTY_RINGS</c>.
    /// </summary>
    /// <param name="count">Entries that were freed.</param>
    /// <returns><see cref="KvmErrno.EINVAL"/>: the machine does not use rings.</returns>
    public KvmErrno TryResetRings(out int count)
    {
        ThrowIfInside();
        count = 0;
        if (!UsesRings)
            return KvmErrno.EINVAL;
        lock (SlotsLock)
        {
            Mmu.Rearming rearming = _machine.Mmu.Rearm();
            try
            {
                foreach (Vcpu vcpu in _machine.Vcpus)
                {
                    var merged = new MergedEntries();
                    while (vcpu.DirtyRing!.TryReset(out DirtyRingEntry entry))
                    {
                        count++;
                        if (merged.TryAdd(entry))
                            continue;
                        Rearm(merged, ref rearming);
                        merged = new MergedEntries(entry);
                    }
                    Rearm(merged, ref rearming);
                }
            }
            finally
            {
                rearming.Dispose();
            }
            return KvmErrno.None;
        }
    }

    /// <summary>
    /// Makes slots of a machine with rings have bitmaps as well, for a consumer of the library's own. Those that are logged
    /// already are not any more on return: a slot gets its bitmap when it begins to be.
    /// </summary>
    internal void KeepBitmapsLocked()
    {
        if (UsesBitmaps)
            return;
        _keepsBitmaps = true;
        for (byte space = 0; space < _machine.Slots.SpaceCount; space++)
            SetLogging(false, new AddressSpaceId(space));
    }

    /// <summary>The ring of a vCPU that is being created.</summary>
    internal DirtyRing? CreateRing() => _ringEntries == 0 ? null : new DirtyRing(_ringEntries);

    // Who harvests may write what he likes into entries; and the slot may have gone, or changed its size, meanwhile.
    void Rearm(in MergedEntries merged, ref Mmu.Rearming rearming)
    {
        if (merged.Pages == 0 || merged.Slot >> 16 >= (uint)_machine.Slots.SpaceCount)
            return;
        var space = new AddressSpaceId((byte)(merged.Slot >> 16));
        if (_machine.Slots.SpaceOf(space).Store.Active.FindById(new SlotId((ushort)merged.Slot)) is not { } slot)
            return;
        if (merged.FirstPage < slot.PageCount
            && (ulong)BitOperations.Log2(merged.Pages) < slot.PageCount - merged.FirstPage)
        {
            rearming.Add(slot, merged.FirstPage, merged.Pages);
        }
    }

    /// <summary>Neighbouring entries of a ring that lie within 64 pages of a slot, as one mask.</summary>
    struct MergedEntries(DirtyRingEntry first)
    {
        internal readonly uint Slot = first.Slot;

        internal ulong FirstPage { get; private set; } = first.Offset;

        internal ulong Pages { get; private set; } = 1;

        internal bool TryAdd(DirtyRingEntry entry)
        {
            if (Pages == 0 || entry.Slot != Slot)
                return false;
            ulong ahead = unchecked(entry.Offset - FirstPage);
            if (ahead < DirtyBitmap.PagesPerWord)
            {
                Pages |= 1UL << (int)ahead;
                return true;
            }
            // A small step back moves the mask up, if no bit falls off its end.
            ulong back = unchecked(FirstPage - entry.Offset);
            if (back >= DirtyBitmap.PagesPerWord || Pages << (int)back >> (int)back != Pages)
                return false;
            FirstPage = entry.Offset;
            Pages = (Pages << (int)back) | 1;
            return true;
        }
    }
}
