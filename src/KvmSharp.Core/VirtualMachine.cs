using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Buses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.InterruptControllers;
using KvmSharp.Reclaim;
using KvmSharp.SecondStage;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;
using KvmSharp.Vcpus;

namespace KvmSharp;

/// <summary>
/// A virtual machine: memory slots, a second stage that follows them, and vCPUs that use both. It behaves as Linux KVM
/// does, in the user's own process.
/// </summary>
/// <remarks>
/// All members may be called from any thread. A machine takes part in <see cref="HostInvalidation"/> from its creation to
/// its disposal; one that is forgotten is collected.
/// </remarks>
public sealed partial class VirtualMachine : IDisposable
{
    readonly MachineMemory[] _memories;
    int _dead;

    // Written once under VcpuTable._createLock, before the first vCPU; read anywhere with Volatile.Read.
    Irqchip? _irqchip;

    /// <summary>Creates a machine without memory and vCPUs.</summary>
    /// <param name="options">Choices; KVM's limits and the default slot store when there are none.</param>
    public VirtualMachine(VirtualMachineOptions? options = null)
    {
        Options = options ?? new VirtualMachineOptions();
        Options.Check();
        Sections = new ReadSections();
        Mmu = new Mmu(Options.AddressSpaces, this);
        var maxGfn = new Gfn((1UL << (Options.GuestAddressBits - Page.Shift)) - 1);
        Slots = new MemorySlots(Options.SlotStore, Options.AddressSpaces, maxGfn, Sections, this, Options.SlotMirror);
        DirtyTracking = new DirtyTracking(this);
        Vcpus = new VcpuTable(this, Options);
        Buses = new MachineBuses(Sections);
        _memories = new MachineMemory[Options.AddressSpaces];
        for (int space = 0; space < _memories.Length; space++)
            _memories[space] = new MachineMemory(this, new AddressSpaceId((byte)space));
        HostInvalidation.Subscribe(this);
        MachineCounters.Register(this);
    }

    /// <summary>What was chosen when the machine was created.</summary>
    public VirtualMachineOptions Options { get; }

    /// <summary>Which guest frames are backed by which host memory.</summary>
    public MemorySlots Slots { get; }

    /// <summary>The vCPUs.</summary>
    public VcpuTable Vcpus { get; }

    /// <summary>Which pages of logged slots were written.</summary>
    public DirtyTracking DirtyTracking { get; }

    /// <summary>Guest memory for device models and loaders, in the normal address space.</summary>
    public MachineMemory Memory => _memories[0];

    /// <summary>Guest writes that raise an event or are collected, instead of leaving the guest.</summary>
    public MachineBuses Buses { get; }

    /// <summary>The interrupt controllers, where the machine has them inside.</summary>
    public Irqchip? Irqchip => Volatile.Read(ref _irqchip);

    /// <summary>Frames whose next write somebody wants to hear of.</summary>
    public WriteTracking WriteTracking => Mmu.Tracking;

    /// <summary>Whether the machine was disposed; its vCPUs no longer reach memory.</summary>
    public bool IsDead => Volatile.Read(ref _dead) != 0;

    /// <summary>How often things have happened, read now.</summary>
    public MachineCounters Counters => new(this);

    internal ReadSections Sections { get; }

    internal Mmu Mmu { get; }

    /// <summary>Guest memory for device models and loaders.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The machine has no such space.</exception>
    public MachineMemory MemoryOf(AddressSpaceId space)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(space.Value, _memories.Length, nameof(space));
        return _memories[space.Value];
    }

    /// <summary>
    /// Makes a file of memory that belongs to this machine, for slots that have pages of it besides the user's memory
    /// (<see cref="MemoryRegion.GuestMemory"/>): <c>KVM_CREATE_GUEST_MEMFD</c>.
    /// </summary>
    /// <param name="size">Bytes: whole pages.</param>
    /// <param name="flags">Flags.</param>
    /// <exception cref="KvmException">
    /// <see cref="KvmErrno.EINVAL"/>: not such a size, or unknown flags. <see cref="KvmErrno.EIO"/>: the machine is dead.
    /// </exception>
    public GuestMemoryFile CreateGuestMemory(ulong size, GuestMemoryFlags flags = GuestMemoryFlags.None)
    {
        const GuestMemoryFlags Known = GuestMemoryFlags.Mmap | GuestMemoryFlags.InitShared;
        if (IsDead)
            throw Refused(KvmErrno.EIO);
        if ((flags & ~Known) != 0 || size is 0 or > long.MaxValue || !Page.IsAligned(size))
            throw Refused(KvmErrno.EINVAL);
        return new SharedMemoryFile(Slots, size, flags);

        KvmException Refused(KvmErrno errno) => new("KVM_CREATE_GUEST_MEMFD", errno, $"0x{size:x} bytes, flags 0x{(ulong)flags:x}");
    }

    /// <summary>
    /// Puts interrupt controllers into the machine, before its first vCPU; each vCPU then has a local APIC, and the
    /// Hyper-V interface sends its IPIs there: <c>KVM_CREATE_IRQCHIP</c>.
    /// </summary>
    /// <returns><see cref="KvmErrno.EEXIST"/>: it has them. <see cref="KvmErrno.EINVAL"/>: it has a vCPU already.</returns>
    public KvmErrno TryCreateIrqchip()
    {
        KvmErrno errno = KvmErrno.EEXIST;
        bool isFirst = Vcpus.TryBeforeFirst(() =>
        {
            if (_irqchip is not null)
                return;
            // Complete before it is seen. Pairs with Irqchip.
            Volatile.Write(ref _irqchip, new Irqchip(this));
            errno = KvmErrno.None;
        });
        return isFirst || Irqchip is not null ? errno : KvmErrno.EINVAL;
    }

    /// <summary>
    /// Opens a read section: slots found inside it, and their host memory, stay until it ends. Keep it short; inside it,
    /// do not change slots and do not discard memory.
    /// </summary>
    public ReadSection EnterReadSection() => Sections.Enter();

    /// <summary>
    /// Ends the machine: vCPUs leave guest mode and no longer reach memory, and all slots let go of theirs. Returns when
    /// nobody can reach guest memory through this machine.
    /// </summary>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section.</exception>
    public void Dispose()
    {
        ReadSections.ThrowIfInside();
        if (Interlocked.Exchange(ref _dead, 1) != 0)
            return;
        Vcpus.MakeRequest(VcpuRequest.MachineDead);
        // The request leaves a blocked vCPU asleep, as in KVM, where closing the descriptor ends its thread's wait.
        foreach (Vcpu vcpu in Vcpus)
            vcpu.Kick();
        Irqchip?.Stop();
        Slots.Clear();
        HostInvalidation.Unsubscribe(this);
        MachineCounters.Unregister(this);
    }
}
