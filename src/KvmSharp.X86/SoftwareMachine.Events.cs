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
