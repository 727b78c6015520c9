using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.SecondStage;
using KvmSharp.Slots;

namespace KvmSharp.Vcpus;

// A second-stage fault: find the slot, and install what it says, unless something changes meanwhile.
partial class Vcpu
{
    // The owner's.
    LastUsedSlot _lastUsed;

    // The owner's; read by anyone for counting.
    long _faults;
    long _retries;

    internal long Faults => Volatile.Read(ref _faults);

    internal long FaultRetries => Volatile.Read(ref _retries);

    /// <summary>Maps a frame in the second stage. The vCPU is outside guest mode.</summary>
    /// <param name="gfn">The frame.</param>
    /// <param name="write">Whether it is to be written.</param>
    /// <returns><see cref="GuestAccessKind.None"/> when it is mapped; otherwise why it cannot be.</returns>
    internal GuestAccessKind HandleFault(Gfn gfn, bool write)
    {
        Volatile.Write(ref _faults, _faults + 1);
        SlotSpace space = Machine.Slots.SpaceOf(AddressSpace);
        var spin = new SpinWait();
        while (true)
        {
            if (Machine.IsDead)
                return GuestAccessKind.MachineDead;
            GuestAccessKind? outcome;
            using (Machine.Slots.EnterForLookup(space.Store))
                outcome = TryMap(space, gfn, write);
            if (outcome is { } decided)
                return decided;
            // The slot is being moved or deleted, or host memory is being invalidated: that takes a moment.
            Volatile.Write(ref _retries, _retries + 1);
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    // Null: something changed meanwhile, try again.
    GuestAccessKind? TryMap(SlotSpace space, Gfn gfn, bool write)
    {
        Mmu mmu = Machine.Mmu;
        // Before anything is looked up: what is found is checked against it under the MMU lock.
        ulong sequence = mmu.ReadSequence();
        MemorySlot? slot = _lastUsed.Find(space, gfn);
        if (slot is null)
            return GuestAccessKind.Mmio;
        if (slot.IsInvalid)
            return null;
        if (write && slot.IsReadOnly)
            return GuestAccessKind.Mmio;

        Hva hva = slot.ToHva(gfn);
        GfnRange uniform = slot.Frames;
        HostProtection protection = HostProtection.ReadWrite;
        if (slot.Backing is { } backing)
        {
            protection = backing.ProtectionAt(hva, out HvaRange run);
            uniform = slot.ToFrames(run);
        }
        if (protection == HostProtection.None || (write && protection == HostProtection.Read))
        {
            // A protection that is just being changed is not the last word.
            return mmu.MustRetry(sequence, gfn) ? null : GuestAccessKind.HostFault;
        }

        bool logged = slot.DirtyBitmap is not null;
        bool writable = !slot.IsReadOnly && protection == HostProtection.ReadWrite && (!logged || write);
        PageLevel level = logged ? PageLevel.Page4K : LargestLeaf(slot, gfn, uniform);
        if (!mmu.TryMap(space.Id, Index.Value, sequence, slot, gfn, level, writable, write))
            return null;
        if (write)
            slot.DirtyBitmap?.Mark(gfn - slot.Base);
        return GuestAccessKind.None;
    }

    /// <summary>Forgets the slot last found, when the vCPU turns to another address space.</summary>
    internal void ForgetLastSlot() => _lastUsed.Clear();

    // A leaf fits where it lies wholly in memory of one kind, and guest and host addresses agree below its size.
    static PageLevel LargestLeaf(MemorySlot slot, Gfn gfn, GfnRange uniform)
    {
        for (PageLevel level = PageLevel.Page1G; level > PageLevel.Page4K; level--)
        {
            ulong mask = level.PageCount - 1;
            if (((slot.Base.Value ^ slot.Hva.PageNumber) & mask) != 0)
                continue;
            var start = new Gfn(gfn.Value & ~mask);
            if (start >= uniform.Start && uniform.End - start >= level.PageCount)
                return level;
        }
        return PageLevel.Page4K;
    }
}
