using KvmSharp.Buses;

namespace KvmSharp.Cli.Conform.Machines;

// Events and collected writes. Descriptors and flags are the kernel's way to say it; what they mean is checked in its order.
partial class SoftConformMachine
{
    const uint TriggerMatches = 1;
    const uint TriggerIsPort = 2;
    const uint TriggerRemoved = 4;

    // How KVM tells its fast bus from the others; asked for, it means nothing.
    const uint TriggerIsFast = 16;
    const uint SourceRemoved = 1;
    const uint SourceResamples = 2;

    MachineBuses Buses => Core.Buses;

    internal override KvmErrno SetIoevent(ulong address, uint length, string descriptor, uint flags, ulong data)
    {
        var trigger = new WriteTrigger(
            address, unchecked((int)length), (flags & TriggerIsPort) != 0, (flags & TriggerMatches) != 0 ? data : null);
        bool removes = (flags & TriggerRemoved) != 0;
        if (!removes && (!trigger.IsPossible || (flags & ~(TriggerMatches | TriggerIsPort | TriggerIsFast)) != 0))
            return KvmErrno.EINVAL;
        if (!TryFindEvent(descriptor, out IMachineEvent? raised))
            return WhyNoEvent(descriptor);
        return removes ? Buses.TryRemoveTrigger(trigger, raised) : Buses.TryAddTrigger(trigger, raised);
    }

    internal override KvmErrno SetIrqfd(string descriptor, uint gsi, uint flags, string resampled)
    {
        if ((flags & ~(SourceRemoved | SourceResamples)) != 0)
            return KvmErrno.EINVAL;
        bool removes = (flags & SourceRemoved) != 0;
        // That there are no interrupt controllers is found before the descriptor is looked at.
        if (!removes && !HasIrqchip)
            return KvmErrno.EINVAL;
        if (!TryFindEvent(descriptor, out IMachineEvent? source))
            return WhyNoEvent(descriptor);
        if (removes)
            return _software.TryRemoveInterruptSource(gsi, source);
        IMachineEvent? after = null;
        if ((flags & SourceResamples) != 0 && !TryFindEvent(resampled, out after))
            return WhyNoEvent(resampled);
        return _software.TryAddInterruptSource(gsi, source, after);
    }

    internal override KvmErrno SetCoalesced(ulong address, uint size, uint pio, bool remove)
    {
        if (pio > 1)
            return KvmErrno.EINVAL;
        var zone = new CoalescedZone(address, size, pio != 0);
        return remove ? _software.TryRemoveCoalescedZones(zone) : _software.TryAddCoalescedZone(zone);
    }

    // The kernel shows its ring through vCPUs.
    internal override int CountCoalesced() => _vcpus.Count == 0 ? -1 : Buses.Coalesced.Count;

    internal override bool TryTakeCoalesced(out CoalescedWrite write)
    {
        write = default;
        return _vcpus.Count != 0 && _software.TryTakeCoalesced(out write);
    }

    private protected override IMachineEvent NewEvent() => _software.CreateEvent();

    static KvmErrno WhyNoEvent(string descriptor) => descriptor == DeviceName ? KvmErrno.EINVAL : KvmErrno.EBADF;
}
