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

    /// <summary>Lets a write to an address or port raise an event instead of leaving the guest: <c>KVM_IOEVENTFD</c>.</summary>
    /// <param name="trigger">Which write.</param>
    /// <param name="notified">What it raises.</param>
    /// <exception cref="KvmException">
    /// <see cref="KvmErrno.EEXIST"/>: another trigger is there. <see cref="KvmErrno.EINVAL"/>: no write could be like this.
    /// </exception>
    public void AddTrigger(in WriteTrigger trigger, EventDescriptor notified) => SetTrigger(trigger, notified, 0);

    /// <summary>Takes a trigger away.</summary>
    /// <exception cref="KvmException"><see cref="KvmErrno.ENOENT"/>: there is none like this for this event.</exception>
    public void RemoveTrigger(in WriteTrigger trigger, EventDescriptor notified) =>
        SetTrigger(trigger, notified, IoeventfdDeassign);

    /// <summary>Collects writes to a range of addresses or ports instead of leaving the guest for each.</summary>
    /// <param name="address">The first address, or port.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="isPort">Whether it is a port.</param>
    /// <exception cref="KvmException"><see cref="KvmErrno.ENOSPC"/>: there are too many zones.</exception>
    public void AddCoalescedZone(ulong address, uint length, bool isPort)
    {
        ThrowIfDisposed();
        Require(
            Requests.KVM_REGISTER_COALESCED_MMIO, _vm.TryRegisterCoalesced(address, length, isPort ? 1u : 0), address);
    }

    /// <summary>Takes away every zone that contains this range; there may be none.</summary>
    /// <param name="address">The first address, or port.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="isPort">Whether it is a port.</param>
    public void RemoveCoalescedZones(ulong address, uint length, bool isPort)
    {
        ThrowIfDisposed();
        Require(
            Requests.KVM_UNREGISTER_COALESCED_MMIO, _vm.TryUnregisterCoalesced(address, length, isPort ? 1u : 0), address);
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

    /// <summary>Lets an event raise an interrupt: <c>KVM_IRQFD</c>.</summary>
    /// <param name="gsi">The interrupt line.</param>
    /// <param name="source">The event.</param>
    /// <exception cref="KvmException">
    /// <see cref="KvmErrno.EBUSY"/>: the event has an interrupt already. <see cref="KvmErrno.EINVAL"/>: the machine has no
    /// interrupt controllers.
    /// </exception>
    public void AddInterruptSource(uint gsi, EventDescriptor source)
    {
        ThrowIfDisposed();
        Require(Requests.KVM_IRQFD, _vm.TryIrqfd(source.Number, gsi, 0), gsi);
    }

    /// <summary>Takes an event away from an interrupt; no error if it did not raise it.</summary>
    public void RemoveInterruptSource(uint gsi, EventDescriptor source)
    {
        ThrowIfDisposed();
        Require(Requests.KVM_IRQFD, _vm.TryIrqfd(source.Number, gsi, IrqfdDeassign), gsi);
    }

    void SetTrigger(in WriteTrigger trigger, EventDescriptor notified, uint flags)
    {
        ThrowIfDisposed();
        flags |= (trigger.IsPort ? IoeventfdPio : 0) | (trigger.Data is null ? 0 : IoeventfdDatamatch);
        KvmErrno errno = _vm.TryIoeventfd(
            trigger.Address, (uint)trigger.Length, notified.Number, flags, trigger.Data.GetValueOrDefault());
        Require(Requests.KVM_IOEVENTFD, errno, trigger.Address);
    }

    static void Require(Request request, KvmErrno errno, ulong value)
    {
        if (errno != KvmErrno.None)
            throw Call.Refused(request, errno, $"0x{value:x}");
    }
}

/// <summary>A guest's write that raises an event.</summary>
/// <param name="Address">The guest physical address, or the port.</param>
/// <param name="Length">Bytes of the write: 1, 2, 4, 8, or 0 for any.</param>
/// <param name="IsPort">Whether the address is a port.</param>
/// <param name="Data">What must be written; nothing for whatever is.</param>
public readonly record struct WriteTrigger(ulong Address, int Length, bool IsPort, ulong? Data = null);
