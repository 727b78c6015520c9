using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Buses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>A machine that a conform file drives: each call with KVM's arguments and KVM's error codes.</summary>
/// <remarks>
/// Host memory is the arena, from which a file takes addresses, and a page of code for guest accesses. Slots may claim any
/// host address; while one is there outside these two, no guest runs: whatever lies there is not a file's to write.
/// </remarks>
abstract class ConformMachine : IDisposable
{
    /// <summary>Bytes of host memory that a file can use.</summary>
    internal const int ArenaBytes = 64 << 20;

    /// <summary>What stands for a descriptor that is open and of another kind: the machine's own device.</summary>
    private protected const string DeviceName = "kvm";

    const int PagesPerWord = 64;

    // A bitmap for more is larger than anything a file could want to look at.
    const ulong MostLoggedPages = 1UL << 24;

    readonly Dictionary<uint, ulong> _pages = [];
    readonly Dictionary<string, IMachineEvent> _events = [];

    // Slots outside the host memory that is meant for them.
    readonly HashSet<uint> _strangers = [];

    // vCPUs that are prepared for accesses.
    readonly HashSet<uint> _flat = [];

    internal abstract string Name { get; }

    internal AnonymousMemory Arena { get; private set; } = AnonymousMemory.Create(ArenaBytes);

    /// <summary>The page from which guest accesses are made, see <see cref="GuestStub"/>.</summary>
    internal AnonymousMemory StubPage { get; private set; } = AnonymousMemory.Create(Page.Size);

    /// <summary>Where the guest finds that page, if it has been placed.</summary>
    internal Gpa? StubAddress { get; private set; }

    /// <summary>The machine itself, for calls whose arguments are no descriptors or addresses.</summary>
    internal abstract IMachine Machine { get; }

    /// <summary>Ends runs, as far as they go by lines; <see cref="Kick"/> ends one that is under way.</summary>
    internal CancellationToken Interruption { get; set; }

    /// <summary>Whether it has interrupt controllers, so that a guest that halts waits inside.</summary>
    internal bool HasIrqchip { get; private set; }

    /// <summary>Calls that only the kernel has; nothing elsewhere, where what needs them is left out.</summary>
    internal virtual IKernelCalls? Kernel => null;

    internal abstract bool Has(ConformFeature feature);

    /// <summary>Ends the machine and makes another, with memory full of zeros.</summary>
    internal virtual void Renew()
    {
        _pages.Clear();
        _strangers.Clear();
        _flat.Clear();
        ClearEvents();
        HasIrqchip = false;
        StubAddress = null;
        Arena.Dispose();
        StubPage.Dispose();
        Arena = AnonymousMemory.Create(ArenaBytes);
        StubPage = AnonymousMemory.Create(Page.Size);
    }

    internal KvmErrno SetSlot(uint word, uint flags, ulong gpa, ulong size, ulong hva)
    {
        KvmErrno errno = SetSlotCore(word, flags, gpa, size, hva);
        if (errno == KvmErrno.None)
            Remember(word, size, hva);
        return errno;
    }

    /// <summary><c>KVM_SET_USER_MEMORY_REGION2</c>. Descriptors go by the names that files give them.</summary>
    internal KvmErrno SetSlot2(uint word, uint flags, ulong gpa, ulong size, ulong hva, string? descriptor, ulong offset)
    {
        KvmErrno errno = SetSlot2Core(word, flags, gpa, size, hva, descriptor, offset);
        if (errno == KvmErrno.None)
            Remember(word, size, hva);
        return errno;
    }

    /// <summary><c>KVM_CREATE_GUEST_MEMFD</c>; a file that had the name is closed.</summary>
    /// <param name="name">The name to give it.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="flags">Flags.</param>
    /// <param name="isForeign">Whether it is to be another machine's.</param>
    internal abstract KvmErrno CreateMemfd(string name, ulong size, ulong flags, bool isForeign);

    /// <summary>Closes such a file, if there is one of that name.</summary>
    internal abstract void CloseMemfd(string name);

    /// <summary>Places the page of code in a slot of its own.</summary>
    internal KvmErrno PlaceStub(uint word, Gpa gpa)
    {
        GuestStub.WriteTo(StubPage.AsSpan(0, Page.Size), gpa);
        KvmErrno errno = SetSlot(word, 0, gpa.Value, Page.Size, StubPage.Start.Value);
        if (errno == KvmErrno.None)
            StubAddress = gpa;
        return errno;
    }

    /// <summary>Whether a slot's bitmap is of a size that can be fetched.</summary>
    internal bool CanLog(uint word) => !_pages.TryGetValue(word, out ulong pages) || pages <= MostLoggedPages;

    /// <summary>A bitmap for a slot, and some words beyond it.</summary>
    /// <param name="word">The slot word.</param>
    /// <param name="filler">What each word holds.</param>
    internal ulong[] BitmapFor(uint word, ulong filler)
    {
        const int Beyond = 2;
        _pages.TryGetValue(word, out ulong pages);
        ulong[] bitmap = new ulong[((pages + PagesPerWord - 1) / PagesPerWord) + Beyond];
        Array.Fill(bitmap, filler);
        return bitmap;
    }

    internal abstract KvmErrno GetLog(uint word, Span<ulong> bitmap);

    internal abstract KvmErrno ClearLog(uint word, ulong first, uint pages, ReadOnlySpan<ulong> bitmap);

    /// <summary>The calls with an address at which there is no memory.</summary>
    internal abstract KvmErrno GetLogAt(uint word, ulong address);

    /// <inheritdoc cref="GetLogAt"/>
    internal abstract KvmErrno ClearLogAt(uint word, ulong first, uint pages, ulong address);

    internal abstract KvmErrno ResetRings(out int count);

    /// <summary>Takes a page out of a vCPU's dirty ring.</summary>
    internal virtual bool TryHarvest(uint vcpu, out DirtyPage page)
    {
        Span<DirtyPage> pages = stackalloc DirtyPage[1];
        bool found = FindVcpu(vcpu)?.HarvestDirtyRing(pages) > 0;
        page = pages[0];
        return found;
    }

    internal abstract KvmErrno Enable(uint capability, uint flags, ulong argument);

    internal abstract int Check(uint capability);

    internal abstract KvmErrno CreateVcpu(ulong id);

    /// <summary>Makes an event of a name, in place of one that had it.</summary>
    internal virtual void CreateEvent(string name)
    {
        if (_events.Remove(name, out IMachineEvent? old))
            old.Dispose();
        _events.Add(name, NewEvent());
    }

    /// <summary>The count of an event, which is zero afterwards.</summary>
    internal virtual ulong TakeEvent(string name) => _events.TryGetValue(name, out IMachineEvent? found) ? found.Take() : 0;

    /// <summary>Raises an event.</summary>
    internal void SignalEvent(string name)
    {
        if (_events.TryGetValue(name, out IMachineEvent? found))
            found.Raise();
    }

    /// <summary><c>KVM_IOEVENTFD</c>.</summary>
    internal abstract KvmErrno SetIoevent(ulong address, uint length, string descriptor, uint flags, ulong data);

    /// <summary><c>KVM_IRQFD</c>.</summary>
    internal abstract KvmErrno SetIrqfd(string descriptor, uint gsi, uint flags, string resampled);

    /// <summary><c>KVM_CREATE_IRQCHIP</c>.</summary>
    internal KvmErrno CreateIrqchip()
    {
        KvmErrno errno = Machine.TryCreateIrqchip();
        HasIrqchip |= errno == KvmErrno.None;
        return errno;
    }

    /// <summary><c>KVM_REGISTER_COALESCED_MMIO</c>, or the opposite.</summary>
    internal abstract KvmErrno SetCoalesced(ulong address, uint size, uint pio, bool remove);

    /// <summary>Writes that were collected and wait; −1 when there is no vCPU to see them through.</summary>
    internal abstract int CountCoalesced();

    /// <summary>Takes the oldest collected write.</summary>
    internal abstract bool TryTakeCoalesced(out CoalescedWrite write);

    internal abstract ulong Generation(uint space);

    /// <summary>Lets a vCPU write or read guest memory.</summary>
    internal virtual GuestAccess Access(uint vcpu, GuestAccess access)
    {
        if (FindVcpu(vcpu) is not { } owner)
            return access with { Obstacle = "no-vcpu" };
        if (StubAddress is not { } stub)
            return access with { Obstacle = "no-stub" };
        RequireRunnable();
        Prepare(owner, stub);
        return GuestStub.Run(owner, access, HasIrqchip);
    }

    /// <summary>Lets a vCPU take an interrupt.</summary>
    /// <returns>Its vector in words; or <c>none</c>, or why it cannot be told.</returns>
    internal string Accept(IVcpu vcpu)
    {
        if (StubAddress is not { } stub)
            return "no-stub";
        RequireRunnable();
        Prepare(vcpu, stub);
        return GuestStub.Accept(vcpu);
    }

    /// <summary>Ends the runs that are under way. Any thread.</summary>
    internal void Kick()
    {
        foreach (IVcpu vcpu in Machine.Vcpus)
            vcpu.Kick();
    }

    /// <exception cref="ConformRunException">The guest could reach memory that is not meant for it.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    internal void RequireRunnable()
    {
        Interruption.ThrowIfCancellationRequested();
        foreach (uint word in _strangers)
            throw new ConformRunException($"no guest runs while slot 0x{word:x} has memory outside h … h+64M");
    }

    /// <summary>A vCPU that executes instructions.</summary>
    internal abstract IVcpu? FindVcpu(uint id);

    /// <summary>Closes what the user holds of a vCPU; the machine keeps it.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool CloseVcpu(uint id)
    {
        if (FindVcpu(id) is not { } vcpu)
            return false;
        vcpu.Dispose();
        ForgetVcpu(id);
        return true;
    }

    public virtual void Dispose()
    {
        ClearEvents();
        Arena.Dispose();
        StubPage.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected bool TryFindEvent(string name, [NotNullWhen(true)] out IMachineEvent? found) =>
        _events.TryGetValue(name, out found);

    private protected abstract void ForgetVcpu(uint id);

    private protected abstract IMachineEvent NewEvent();

    private protected abstract KvmErrno SetSlotCore(uint word, uint flags, ulong gpa, ulong size, ulong hva);

    private protected abstract KvmErrno SetSlot2Core(
        uint word, uint flags, ulong gpa, ulong size, ulong hva, string? descriptor, ulong offset);

    void Remember(uint word, ulong size, ulong hva)
    {
        _pages[word] = size >> Page.Shift;
        if (size == 0 || LiesIn(Arena, hva, size) || LiesIn(StubPage, hva, size))
            _strangers.Remove(word);
        else
            _strangers.Add(word);
    }

    static bool LiesIn(AnonymousMemory memory, ulong hva, ulong size) =>
        hva >= memory.Start.Value && size <= memory.Length && hva - memory.Start.Value <= memory.Length - size;

    void Prepare(IVcpu vcpu, Gpa stub)
    {
        if (!_flat.Add(vcpu.Id.Value))
            return;
        GuestStub.Prepare(vcpu, stub);
        // One that waits to be started is.
        if (HasIrqchip)
            vcpu.MpState = KvmMpState.Runnable;
    }

    void ClearEvents()
    {
        foreach (IMachineEvent @event in _events.Values)
            @event.Dispose();
        _events.Clear();
    }
}
