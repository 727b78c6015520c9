using KvmSharp.Buses;

namespace KvmSharp.X86;

// What happens without leaving the guest for the user.
partial class SoftwareMachine
{
    /// <inheritdoc/>
    public IMachineEvent CreateEvent() => new CountedEvent();

    /// <inheritdoc/>
    public KvmErrno TryAddTrigger(in WriteTrigger trigger, IMachineEvent raised) => _core.Buses.TryAddTrigger(trigger, raised);

    /// <inheritdoc/>
    public KvmErrno TryRemoveTrigger(in WriteTrigger trigger, IMachineEvent raised) =>
        _core.Buses.TryRemoveTrigger(trigger, raised);

    /// <inheritdoc/>
    /// <remarks>This machine has no interrupt controllers, so the answer is that of a KVM machine without them.</remarks>
    public KvmErrno TryAddInterruptSource(uint gsi, IMachineEvent source) => KvmErrno.EINVAL;

    /// <inheritdoc/>
    public KvmErrno TryRemoveInterruptSource(uint gsi, IMachineEvent source) => KvmErrno.None;

    /// <inheritdoc/>
    public KvmErrno TryAddCoalescedZone(in CoalescedZone zone) => _core.Buses.TryAddZone(zone);

    /// <inheritdoc/>
    public KvmErrno TryRemoveCoalescedZones(in CoalescedZone range)
    {
        _core.Buses.RemoveZones(range);
        return KvmErrno.None;
    }

    /// <inheritdoc/>
    public bool TryTakeCoalesced(out CoalescedWrite write) => _core.Buses.Coalesced.TryTake(out write);
}
