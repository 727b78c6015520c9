using System;
using System.Collections.Generic;
using KvmSharp.Buses;
using KvmSharp.InterruptControllers;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;
using KvmSharp.Vcpus;

namespace KvmSharp.Backends;

/// <summary>A virtual machine that a backend runs.</summary>
/// <remarks>
/// All members may be called from any thread, while vCPUs run. Slots, and guest memory for device models and loaders, are
/// the Core's own whichever backend runs the vCPUs: finding host memory makes no system call.
/// <para>
/// Disposal ends all vCPUs: a run that is under way returns with <see cref="VcpuExitReason.Intr"/>, a later one throws
/// <see cref="ObjectDisposedException"/>. When it returns, no vCPU can reach guest memory.
/// </para>
/// </remarks>
public interface IMachine : IDisposable
{
    /// <summary>What runs it.</summary>
    IBackend Backend { get; }

    /// <summary>Which guest frames are backed by which host memory.</summary>
    MemorySlots Slots { get; }

    /// <summary>Guest memory for device models and loaders, in the normal address space.</summary>
    MachineMemory Memory { get; }

    /// <summary>The vCPUs, in the order in which they were created; as of now.</summary>
    IReadOnlyList<IVcpu> Vcpus { get; }

    /// <summary>Asks for a capability: <c>KVM_CHECK_EXTENSION</c>.</summary>
    /// <returns>0 when the machine lacks it; otherwise 1, or the number that the capability is about.</returns>
    int Check(KvmCapability capability);

    /// <summary>Switches a capability on: <c>KVM_ENABLE_CAP</c>.</summary>
    /// <param name="capability">Which.</param>
    /// <param name="argument">Its first argument.</param>
    /// <returns><see cref="KvmErrno.None"/>, or why not.</returns>
    KvmErrno TryEnable(KvmCapability capability, ulong argument = 0);

    /// <summary>
    /// Makes a file of memory that belongs to this machine, for slots that have pages of it besides the user's memory
    /// (<see cref="MemoryRegion.GuestMemory"/>): <c>KVM_CREATE_GUEST_MEMFD</c>.
    /// </summary>
    /// <param name="size">Bytes: whole pages.</param>
    /// <param name="flags">Of those that <see cref="KvmCapability.GuestMemfdFlags"/> names.</param>
    /// <exception cref="NotSupportedException">The machine lacks <see cref="KvmCapability.GuestMemfd"/>.</exception>
    /// <exception cref="KvmException"><see cref="KvmErrno.EINVAL"/>: not such a size, or unknown flags.</exception>
    /// <exception cref="ObjectDisposedException">The machine was disposed.</exception>
    GuestMemoryFile CreateGuestMemory(ulong size, GuestMemoryFlags flags = GuestMemoryFlags.None);

    /// <summary>Creates a vCPU, as after reset: <c>KVM_CREATE_VCPU</c>.</summary>
    /// <param name="id">On x86 its APIC id.</param>
    /// <exception cref="KvmException">
    /// <see cref="KvmErrno.EIO"/>: the machine is dead. <see cref="KvmErrno.EINVAL"/>: the id is too high, or the machine is
    /// full – which is found before a duplicate is. <see cref="KvmErrno.EEXIST"/>: the id is taken.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The machine was disposed.</exception>
    IVcpu CreateVcpu(VcpuId id);

    /// <summary>Fetches a slot's dirty bitmap; without manual protection it is cleared by that: <c>KVM_GET_DIRTY_LOG</c>.</summary>
    /// <param name="id">The slot.</param>
    /// <param name="bitmap">Room for a bit a page, in whole words. A page's bit is its distance from the slot's first.</param>
    /// <param name="space">The address space.</param>
    /// <returns>
    /// <see cref="KvmErrno.ENOENT"/>: the slot is not there, or not logged. <see cref="KvmErrno.ENXIO"/>: the machine has
    /// dirty rings instead. <see cref="KvmErrno.EINVAL"/>: there can be no such slot.
    /// </returns>
    /// <exception cref="ArgumentException">The bitmap is too short for the slot.</exception>
    KvmErrno TryGetDirtyLog(SlotId id, Span<ulong> bitmap, AddressSpaceId space = default);

    /// <summary>Clears a part of a slot's dirty bitmap: <c>KVM_CLEAR_DIRTY_LOG</c>.</summary>
    /// <param name="id">The slot.</param>
    /// <param name="firstPage">The page of the bitmap's first bit; a multiple of 64.</param>
    /// <param name="pages">Pages; a multiple of 64, unless they end with the slot.</param>
    /// <param name="bitmap">The bits to clear.</param>
    /// <param name="space">The address space.</param>
    /// <returns>As <see cref="TryGetDirtyLog"/>, and <see cref="KvmErrno.EINVAL"/> for an extent the slot does not have.</returns>
    /// <exception cref="ArgumentException">The bitmap has no bit for each page.</exception>
    KvmErrno TryClearDirtyLog(
        SlotId id, ulong firstPage, uint pages, ReadOnlySpan<ulong> bitmap, AddressSpaceId space = default);

    /// <summary>
    /// Frees the harvested entries of all dirty rings, and makes their pages report their next write:
    /// <c>KVM_RESET_DIRTY_RINGS</c>.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <returns><see cref="KvmErrno.EINVAL"/>: the machine has no rings.</returns>
    KvmErrno TryResetDirtyRings(out int count);

    /// <summary>Makes an event of the kind that this machine raises and hears.</summary>
    /// <exception cref="KvmException">The host has no room for another.</exception>
    IMachineEvent CreateEvent();

    /// <summary>Lets a guest's write raise an event instead of leaving the guest: <c>KVM_IOEVENTFD</c>.</summary>
    /// <param name="trigger">Which write.</param>
    /// <param name="raised">An event of <see cref="CreateEvent"/>.</param>
    /// <returns>
    /// <see cref="KvmErrno.EINVAL"/>: no write could be like this. <see cref="KvmErrno.EEXIST"/>: a trigger is there that could
    /// mean the same write. <see cref="KvmErrno.ENOSPC"/>: there are too many coalesced zones.
    /// </returns>
    /// <exception cref="ArgumentException">It is not an event of this kind.</exception>
    KvmErrno TryAddTrigger(in WriteTrigger trigger, IMachineEvent raised);

    /// <summary>Takes a trigger away. When this returns, it raises nothing any more.</summary>
    /// <returns><see cref="KvmErrno.ENOENT"/>: there is none like this for this event.</returns>
    /// <exception cref="ArgumentException">It is not an event of this kind.</exception>
    KvmErrno TryRemoveTrigger(in WriteTrigger trigger, IMachineEvent raised);

    /// <summary>
    /// Puts interrupt controllers into the machine, before its first vCPU: <c>KVM_CREATE_IRQCHIP</c>. vCPUs have local APICs
    /// then: the one with id 0 starts by itself, the others wait for INIT and a start-up message, and one that executes HLT
    /// waits inside <see cref="IVcpu.Run"/>.
    /// </summary>
    /// <returns>
    /// <see cref="KvmErrno.EEXIST"/>: it has them. <see cref="KvmErrno.EINVAL"/>: it has a vCPU already.
    /// </returns>
    KvmErrno TryCreateIrqchip();

    /// <summary>Sets the level of an interrupt line: <c>KVM_IRQ_LINE</c>.</summary>
    /// <param name="gsi">The line. One that leads nowhere is no error.</param>
    /// <param name="level">High or low.</param>
    /// <returns><see cref="KvmErrno.ENXIO"/>: the machine has no interrupt controllers inside.</returns>
    KvmErrno TrySetIrqLine(uint gsi, bool level);

    /// <summary>Delivers a message-signalled interrupt: <c>KVM_SIGNAL_MSI</c>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="taken">How many vCPUs took it; 0 where their APICs let none in.</param>
    /// <returns>
    /// <see cref="KvmErrno.EINVAL"/>: the machine has no interrupt controllers inside. <see cref="KvmErrno.EPERM"/>: a broadcast
    /// that nobody is there for.
    /// </returns>
    KvmErrno TrySignalMsi(MsiMessage message, out int taken);

    /// <summary>Replaces the routes from lines to pins and messages: <c>KVM_SET_GSI_ROUTING</c>.</summary>
    /// <returns>
    /// <see cref="KvmErrno.EINVAL"/>: the machine has no interrupt controllers inside, there is no such line or pin, or a line
    /// cannot have both of two routes. Nothing changes then.
    /// </returns>
    KvmErrno TrySetGsiRouting(ReadOnlySpan<GsiRoute> routes);

    /// <summary>Writes the state of a chip in KVM's layout: <c>KVM_GET_IRQCHIP</c>.</summary>
    /// <param name="chip">Which.</param>
    /// <param name="image"><see cref="Irqchip.StateBytesOf"/> at least.</param>
    /// <returns><see cref="KvmErrno.ENXIO"/>: the machine has no interrupt controllers inside.</returns>
    /// <exception cref="ArgumentException">The image is too short.</exception>
    KvmErrno TryGetIrqchip(IrqchipId chip, Span<byte> image);

    /// <summary>Sets the state of a chip: <c>KVM_SET_IRQCHIP</c>.</summary>
    /// <inheritdoc cref="TryGetIrqchip"/>
    KvmErrno TrySetIrqchip(IrqchipId chip, ReadOnlySpan<byte> image);

    /// <summary>Lets an event raise an interrupt: <c>KVM_IRQFD</c>.</summary>
    /// <param name="gsi">The interrupt line.</param>
    /// <param name="source">An event of <see cref="CreateEvent"/>.</param>
    /// <param name="resampled">
    /// If given, the line stays high until the guest has ended the interrupt, and this event is raised then.
    /// </param>
    /// <returns>
    /// <see cref="KvmErrno.EINVAL"/>: the machine has no interrupt controllers inside. <see cref="KvmErrno.EBUSY"/>: the event
    /// raises an interrupt already.
    /// </returns>
    /// <exception cref="ArgumentException">It is not an event of this kind.</exception>
    KvmErrno TryAddInterruptSource(uint gsi, IMachineEvent source, IMachineEvent? resampled = null);

    /// <summary>Takes an event away from an interrupt; no error if it did not raise it.</summary>
    /// <exception cref="ArgumentException">It is not an event of this kind.</exception>
    KvmErrno TryRemoveInterruptSource(uint gsi, IMachineEvent source);

    /// <summary>
    /// Collects writes to a range of addresses or ports instead of leaving the guest for each, for as long as there is room:
    /// <c>KVM_REGISTER_COALESCED_MMIO</c>. Zones may overlap, and be there twice.
    /// </summary>
    /// <returns><see cref="KvmErrno.ENOSPC"/>: there are too many.</returns>
    KvmErrno TryAddCoalescedZone(in CoalescedZone zone);

    /// <summary>Takes away every zone that wholly contains a range: larger ones too, or none.</summary>
    /// <returns>Why not.</returns>
    KvmErrno TryRemoveCoalescedZones(in CoalescedZone range);

    /// <summary>Takes the oldest write that was collected. For one thread at a time.</summary>
    /// <returns>Whether there was one.</returns>
    bool TryTakeCoalesced(out CoalescedWrite write);
}
