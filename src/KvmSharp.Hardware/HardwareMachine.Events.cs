using System;
using System.Threading;
using KvmSharp.Buses;
using KvmSharp.Hardware.Raw;

namespace KvmSharp.Hardware;

// What happens without leaving the guest for the user.
partial class HardwareMachine
{
    const uint IoeventfdDatamatch = 1;
    const uint IoeventfdPio = 2;
    const uint IoeventfdDeassign = 4;

    /// <inheritdoc/>
    public IMachineEvent CreateEvent()
    {
        ThrowIfDisposed();
        return new EventDescriptor();
    }

    /// <inheritdoc/>
    public KvmErrno TryAddTrigger(in WriteTrigger trigger, IMachineEvent raised) => TrySetTrigger(trigger, raised, 0);

    /// <inheritdoc/>
    public KvmErrno TryRemoveTrigger(in WriteTrigger trigger, IMachineEvent raised) =>
        TrySetTrigger(trigger, raised, IoeventfdDeassign);

    /// <inheritdoc/>
    public KvmErrno TryAddCoalescedZone(in CoalescedZone zone)
    {
        ThrowIfDisposed();
        return _vm.TryRegisterCoalesced(zone.Address, zone.Size, zone.IsPort ? 1u : 0);
    }

    /// <inheritdoc/>
    public KvmErrno TryRemoveCoalescedZones(in CoalescedZone range)
    {
        ThrowIfDisposed();
        return _vm.TryUnregisterCoalesced(range.Address, range.Size, range.IsPort ? 1u : 0);
    }

    /// <inheritdoc/>
    /// <remarks>The kernel shows the ring through vCPUs: while there is none, there is nothing to take.</remarks>
    public bool TryTakeCoalesced(out CoalescedWrite write)
    {
        ThrowIfDisposed();
        foreach (HardwareVcpu vcpu in Volatile.Read(ref _vcpus))
        {
            bool taken = vcpu.TryTakeCoalesced(out write, out bool isShown);
            if (isShown)
                return taken;
        }
        write = default;
        return false;
    }

    /// <summary>How many writes wait; −1 when no vCPU shows the ring.</summary>
    internal int CountCoalesced()
    {
        foreach (HardwareVcpu vcpu in Volatile.Read(ref _vcpus))
        {
            int count = vcpu.CountCoalesced();
            if (count >= 0)
                return count;
        }
        return -1;
    }

    KvmErrno TrySetTrigger(in WriteTrigger trigger, IMachineEvent raised, uint flags)
    {
        EventDescriptor descriptor = DescriptorOf(raised);
        ThrowIfDisposed();
        flags |= (trigger.IsPort ? IoeventfdPio : 0) | (trigger.Data is null ? 0 : IoeventfdDatamatch);
        KvmErrno errno = _vm.TryIoeventfd(
            trigger.Address, unchecked((uint)trigger.Length), descriptor.Number, flags, trigger.Data.GetValueOrDefault());
        GC.KeepAlive(descriptor);
        return errno;
    }

    // A descriptor that was closed may be somebody else's by now.
    static EventDescriptor DescriptorOf(IMachineEvent source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source is not EventDescriptor descriptor)
            throw new ArgumentException($"a {source.GetType().Name} is not an event that the kernel knows", nameof(source));
        ObjectDisposedException.ThrowIf(descriptor.IsClosed, descriptor);
        return descriptor;
    }
}
