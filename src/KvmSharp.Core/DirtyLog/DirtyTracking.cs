using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.Reclaim;
using KvmSharp.Slots;

namespace KvmSharp.DirtyLog;

/// <summary>
/// Which pages of logged slots (<see cref="SlotFlags.LogDirty"/>) were written: KVM's calls with KVM's errors, and
/// consumers that each see every write once.
/// </summary>
/// <remarks>
/// All members may be called from any thread while vCPUs run, but not inside a read section. What clears a log makes the
/// next write to its pages fault again, and returns when no vCPU can write them unrecorded; pages are read after that.
/// So a write is in what was just cleared, or it will be found by the next call. It may be in both, and the page may not
/// hold it yet: a write is recorded before it is done.
/// <para>
/// The cost follows what was written since the last time, not the size of memory; only KVM's flat bitmaps are as long as
/// their slots.
/// </para>
/// </remarks>
public sealed partial class DirtyTracking
{
    readonly VirtualMachine _machine;

    // Of DirtyLogModes. Written under the slots lock, read anywhere with Volatile.Read.
    ulong _modes;

    // Who wants everything recorded; changed with Interlocked.
    int _recorders;

    internal DirtyTracking(VirtualMachine machine) => _machine = machine;

    /// <summary>How bitmaps are read; nothing special at first.</summary>
    public DirtyLogModes Modes => (DirtyLogModes)Volatile.Read(ref _modes);

    /// <summary>How long logging has held vCPUs back so far, by cause.</summary>
    public DirtyStalls Stalls => _machine.Mmu.Stalls.Read(_machine.Vcpus);

    /// <summary>Whether everything that changes guest memory is recorded, not only what KVM records.</summary>
    internal bool RecordsAll => Volatile.Read(ref _recorders) != 0;

    internal void AddRecorder() => Interlocked.Increment(ref _recorders);

    internal void RemoveRecorder() => Interlocked.Decrement(ref _recorders);

    Lock SlotsLock => _machine.Slots.UpdateLock;

    /// <summary>Chooses how bitmaps are read: <c>KVM_ENABLE_CAP(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2)</c>.</summary>
    /// <param name="modes">
    /// The modes. What logs already is not touched: <see cref="DirtyLogModes.InitiallySet"/> acts when a log is made.
    /// </param>
    /// <returns><see cref="KvmErrno.EINVAL"/>: a mode that there is not, or <see cref="DirtyLogModes.InitiallySet"/> alone.</returns>
    public KvmErrno TrySetModes(DirtyLogModes modes)
    {
        const DirtyLogModes Both = DirtyLogModes.ManualProtect | DirtyLogModes.InitiallySet;
        if (modes is not (DirtyLogModes.None or DirtyLogModes.ManualProtect or Both))
            return KvmErrno.EINVAL;
        lock (SlotsLock)
        {
            Volatile.Write(ref _modes, (ulong)modes);
            _machine.Slots.DirtyLogInitiallySet = modes == Both;
        }
        return KvmErrno.None;
    }

    /// <summary>Switches logging on or off for every slot of a space that can be logged, in one transaction.</summary>
    /// <param name="logged">Whether to log.</param>
    /// <param name="space">The address space.</param>
    /// <returns>Slots that changed.</returns>
    /// <exception cref="KvmException">The machine is dead, or has no memory for the logs.</exception>
    public int SetLogging(bool logged, AddressSpaceId space = default)
    {
        lock (SlotsLock)
        {
            SlotTransaction transaction = _machine.Slots.BeginTransaction(space);
            foreach (MemorySlot slot in _machine.Slots.Snapshot(space).All)
            {
                if (slot.IsVisible && !slot.IsReadOnly && !slot.HasGuestMemory && slot.IsLogged != logged)
                    transaction.SetFlags(slot.Id, slot.Flags ^ SlotFlags.LogDirty);
            }
            transaction.Apply();
            return transaction.Count;
        }
    }

    // The checks that KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG begin with.
    KvmErrno CheckSlot(SlotId id, AddressSpaceId space)
    {
        if (UsesRings)
            return KvmErrno.ENXIO;
        return space.Value >= _machine.Slots.SpaceCount || id.Value >= SlotLimits.UserSlots ? KvmErrno.EINVAL : KvmErrno.None;
    }

    bool TryFindLog(SlotId id, AddressSpaceId space, [NotNullWhen(true)] out MemorySlot? slot, [NotNullWhen(true)] out DirtyBitmap? log)
    {
        slot = _machine.Slots.SpaceOf(space).Store.Active.FindById(id);
        log = slot?.DirtyBitmap;
        return log is not null;
    }

    static void ThrowIfInside() => ReadSections.ThrowIfInside();
}
