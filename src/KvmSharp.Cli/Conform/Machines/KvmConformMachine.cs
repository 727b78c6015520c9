using System;
using System.Collections.Generic;
using System.Runtime.Versioning;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Hardware;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Native;
using KvmSharp.InterruptControllers;
using KvmSharp.Slots.GuestFiles;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>The kernel's machine. Slots are set past the Core's map: the kernel alone answers.</summary>
[SupportedOSPlatform("linux")]
sealed partial class KvmConformMachine : ConformMachine
{
    readonly HardwareBackend _backend = new();
    readonly HashSet<ConformFeature> _features = [];
    readonly Dictionary<uint, HardwareVcpu> _vcpus = [];
    HardwareMachine _machine;

    internal KvmConformMachine()
    {
        _machine = _backend.CreateMachine();
        AddressSpaces = Math.Max(1, _machine.Check(KvmCapability.MultiAddressSpace));
        FindFeatures();
    }

    internal override string Name => "kvm";

    internal override IMachine Machine => _machine;

    internal int AddressSpaces { get; }

    internal override bool Has(ConformFeature feature) => feature == ConformFeature.None || _features.Contains(feature);

    internal override void Renew()
    {
        Clear();
        base.Renew();
        _machine = _backend.CreateMachine();
    }

    internal override KvmErrno GetLog(uint word, Span<ulong> bitmap) => Vm.TryGetDirtyLog(word, bitmap);

    internal override KvmErrno ClearLog(uint word, ulong first, uint pages, ReadOnlySpan<ulong> bitmap) =>
        Vm.TryClearDirtyLog(word, first, pages, bitmap);

    internal override KvmErrno GetLogAt(uint word, ulong address) => DirtyLogCalls.TryGetAt(Vm, word, address);

    internal override KvmErrno ClearLogAt(uint word, ulong first, uint pages, ulong address) =>
        DirtyLogCalls.TryClearAt(Vm, word, first, pages, address);

    internal override KvmErrno ResetRings(out int count)
    {
        KvmErrno errno = Vm.TryResetDirtyRings(out count);
        count = errno == KvmErrno.None ? count : 0;
        return errno;
    }

    internal override KvmErrno Enable(uint capability, uint flags, ulong argument) =>
        // With flags it goes past the machine, which would take note of rings that the kernel refuses.
        flags == 0 ? _machine.TryEnable((KvmCapability)capability, argument) : Vm.TryEnable(capability, flags, argument);

    internal override int Check(uint capability) => _machine.Check((KvmCapability)capability);

    internal override KvmErrno CreateVcpu(ulong id)
    {
        if (id > uint.MaxValue)
        {
            KvmErrno errno = Vm.TryCreateVcpu(id, out VcpuDescriptor? stray);
            stray?.Dispose();
            return errno;
        }
        try
        {
            _vcpus[(uint)id] = _machine.CreateVcpu(new VcpuId((uint)id));
            return KvmErrno.None;
        }
        catch (KvmException exception)
        {
            return exception.Errno;
        }
    }

    internal override ulong Generation(uint space) => throw new NotSupportedException("the kernel tells nobody");

    internal override IVcpu? FindVcpu(uint id) => _vcpus.GetValueOrDefault(id);

    public override void Dispose()
    {
        Clear();
        base.Dispose();
    }

    private protected override void ForgetVcpu(uint id) => _vcpus.Remove(id);

    private protected override KvmErrno SetSlotCore(uint word, uint flags, ulong gpa, ulong size, ulong hva)
    {
        var region = new kvm_userspace_memory_region
        {
            slot = word,
            flags = flags,
            guest_phys_addr = gpa,
            memory_size = size,
            userspace_addr = hva,
        };
        return Vm.TrySetMemoryRegion(ref region);
    }

    void Clear()
    {
        _vcpus.Clear();
        ClearMemfds();
        _machine.Dispose();
    }

    void FindFeatures()
    {
        const int BothFlags = (int)(GuestMemoryFlags.Mmap | GuestMemoryFlags.InitShared);
        _features.UnionWith([ConformFeature.Raw, ConformFeature.Cpu]);
        if (AddressSpaces > 1)
            _features.Add(ConformFeature.Spaces);
        if (_machine.HasGuestMemory)
            _features.Add(ConformFeature.GuestMemfd);
        if (_machine.HasGuestMemory && _machine.Check(KvmCapability.GuestMemfdFlags) == BothFlags)
            _features.Add(ConformFeature.GuestMemfdFlags);
        if (_machine.Check(KvmCapability.Ioeventfd) > 0)
            _features.Add(ConformFeature.Ioevent);
        if (_machine.Check(KvmCapability.Irqchip) > 0)
            _features.Add(ConformFeature.Irqchip);
        if (_machine.Check(KvmCapability.CoalescedMmio) > 0)
            _features.Add(ConformFeature.Coalesced);
        // By trying: how many bits there are depends on how the kernel translates.
        const ulong LastPage = (1UL << 52) - Page.Size;
        if (SetSlotCore(0, 0, LastPage, Page.Size, Arena.Start.Value) == KvmErrno.None)
        {
            _features.Add(ConformFeature.Gpa52);
            SetSlotCore(0, 0, 0, 0, 0);
        }
        if (MarksEveryWrite())
            _features.Add(ConformFeature.Emulated);
        if (_features.Contains(ConformFeature.Irqchip) && NotesWhatIsInService())
            _features.Add(ConformFeature.InService);
        Renew();
    }

    // A kernel that emulates all of real mode may deliver an interrupt and forget to.
    bool NotesWhatIsInService()
    {
        const ulong SpuriousVector = LocalApic.DefaultBase + 0xf0;
        const int InServiceOfVector = 0x120;
        Renew();
        CreateIrqchip();
        PlaceStub(0, default);
        CreateVcpu(0);
        Access(0, new GuestAccess(SpuriousVector, 4, IsWrite: true, 0x1ff));
        Machine.TrySignalMsi(new MsiMessage(LocalApic.DefaultBase, 0x41), out _);
        Accept(_vcpus[0]);
        byte[] image = new byte[LocalApic.StateBytes];
        _vcpus[0].GetLapic(image);
        return image[InServiceOfVector] != 0;
    }

    // A processor that writes a page twice faults once; an instruction emulator marks the page each time.
    bool MarksEveryWrite()
    {
        const uint TestSlot = 1;
        const ulong TestGpa = 1 << 20;
        Renew();
        Enable((uint)KvmCapability.DirtyLogRing, 0, Page.Size);
        PlaceStub(0, default);
        SetSlotCore(TestSlot, (uint)Slots.SlotFlags.LogDirty, TestGpa, Page.Size, Arena.Start.Value);
        CreateVcpu(0);
        for (int write = 0; write < 2; write++)
            Access(0, new GuestAccess(TestGpa, 1, IsWrite: true, 1));
        return TryHarvest(0, out _) && TryHarvest(0, out _);
    }
}
