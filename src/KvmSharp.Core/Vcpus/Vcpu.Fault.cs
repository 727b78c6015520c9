using System.Diagnostics;
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
    LastDeviceFrame _lastDevice;

    // The owner's; read by anyone for counting.
    long _faults;
    long _retries;

    long _loggedFaults;
    long _loggedFaultTicks;

    internal long Faults => Volatile.Read(ref _faults);

    internal long FaultRetries => Volatile.Read(ref _retries);

    /// <summary>Faults in which a write to a logged slot was recorded.</summary>
    internal long LoggedWriteFaults => Volatile.Read(ref _loggedFaults);

    /// <summary>What they took, in ticks of <see cref="Stopwatch"/>.</summary>
    internal long LoggedWriteFaultTicks => Volatile.Read(ref _loggedFaultTicks);

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
        SlotGeneration stamp = space.Generation;
        MemorySlot? slot = _lastUsed.Find(space, gfn);
        if (slot is null)
        {
            _lastDevice.Remember(gfn, stamp, writesOnly: false);
            return GuestAccessKind.Mmio;
        }
        if (slot.IsInvalid)
            return null;
        if (write && slot.IsReadOnly)
        {
            _lastDevice.Remember(gfn, stamp, writesOnly: true);
            return GuestAccessKind.Mmio;
        }

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

        bool logged = slot.IsLogged;
        bool writable = !slot.IsReadOnly && protection == HostProtection.ReadWrite && (!logged || write);
        PageLevel level = logged ? PageLevel.Page4K : LargestLeaf(slot, gfn, uniform);
        if (write && logged)
            return TryMapLogged(space, sequence, slot, gfn, writable);
        return mmu.TryMap(space.Id, Index.Value, sequence, slot, gfn, level, writable, write, ring: null)
            ? GuestAccessKind.None
            : null;
    }

    GuestAccessKind? TryMapLogged(SlotSpace space, ulong sequence, MemorySlot slot, Gfn gfn, bool writable)
    {
        // Only this vCPU's owner pushes, so what is free now is free below.
        if (DirtyRing is { IsFull: true })
            return GuestAccessKind.DirtyRingFull;
        long began = Stopwatch.GetTimestamp();
        bool mapped = Machine.Mmu.TryMap(
            space.Id, Index.Value, sequence, slot, gfn, PageLevel.Page4K, writable, write: true, DirtyRing);
        if (DirtyRing is { IsSoftFull: true })
            Ask(VcpuRequest.DirtyRingSoftFull);
        Volatile.Write(ref _loggedFaults, _loggedFaults + 1);
        Volatile.Write(ref _loggedFaultTicks, _loggedFaultTicks + Stopwatch.GetTimestamp() - began);
        return mapped ? GuestAccessKind.None : null;
    }

    /// <summary>Records an emulated write in the vCPU's ring, which is not full. For the owner.</summary>
    internal void PushDirty(uint slotWord, ulong page)
    {
        DirtyRing!.Push(slotWord, page);
        if (DirtyRing.IsSoftFull)
            Ask(VcpuRequest.DirtyRingSoftFull);
    }

    /// <summary>
    /// Whether an access is known to be a device's, because the last fault there was and no slot has changed since. For the
    /// owner, in guest mode or not.
    /// </summary>
    internal bool IsKnownDevice(Gfn gfn, bool write) =>
        _lastDevice.IsKnown(gfn, write) && _lastDevice.Stamp == Machine.Slots.SpaceOf(AddressSpace).Generation;

    /// <summary>Forgets the slot last found, when the vCPU turns to another address space.</summary>
    internal void ForgetLastSlot()
    {
        _lastUsed.Clear();
        _lastDevice = default;
    }

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
