using System;
using System.Threading;
using KvmSharp.Buses;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Native;
using KvmSharp.Hardware.Raw;

namespace KvmSharp.Hardware;

// What happens without leaving the guest for the user.
partial class HardwareMachine
{
    const uint IoeventfdDatamatch = 1;
    const uint IoeventfdPio = 2;
    const uint IoeventfdDeassign = 4;
    const uint IrqfdDeassign = 1;

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
    public KvmErrno TryAddInterruptSource(uint gsi, IMachineEvent source) => TrySetInterruptSource(gsi, source, 0);

    /// <inheritdoc/>
    public KvmErrno TryRemoveInterruptSource(uint gsi, IMachineEvent source) =>
        TrySetInterruptSource(gsi, source, IrqfdDeassign);

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

    /// <summary>Puts interrupt controllers into the machine, before its first vCPU: <c>KVM_CREATE_IRQCHIP</c>.</summary>
    /// <exception cref="KvmException"><see cref="KvmErrno.EEXIST"/>: it has them; <see cref="KvmErrno.EINVAL"/>: too late.</exception>
    public void CreateIrqchip()
    {
        ThrowIfDisposed();
        Require(Requests.KVM_CREATE_IRQCHIP, _vm.TryCreateIrqchip(), 0);
    }

    /// <summary>Sets the level of an interrupt line: <c>KVM_IRQ_LINE</c>.</summary>
    /// <param name="gsi">The line.</param>
    /// <param name="level">High or low.</param>
    /// <exception cref="KvmException"><see cref="KvmErrno.ENXIO"/>: the machine has no interrupt controllers.</exception>
    public void SetIrqLine(uint gsi, bool level)
    {
        ThrowIfDisposed();
        Require(Requests.KVM_IRQ_LINE, _vm.TrySetIrqLine(gsi, level), gsi);
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

    KvmErrno TrySetInterruptSource(uint gsi, IMachineEvent source, uint flags)
    {
        EventDescriptor descriptor = DescriptorOf(source);
        ThrowIfDisposed();
        KvmErrno errno = _vm.TryIrqfd(descriptor.Number, gsi, flags);
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

    static void Require(Request request, KvmErrno errno, ulong value)
    {
        if (errno != KvmErrno.None)
            throw Call.Refused(request, errno, $"0x{value:x}");
    }
}
