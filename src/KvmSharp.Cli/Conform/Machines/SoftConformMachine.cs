using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using KvmSharp.X86;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>The Core's machine with software CPUs.</summary>
/// <param name="addressSpaces">Address spaces: as many as the machine it is compared with.</param>
sealed partial class SoftConformMachine(int addressSpaces) : ConformMachine
{
    const int SpaceShift = 16;

    readonly Dictionary<uint, SoftwareVcpu> _vcpus = [];
    SoftwareMachine _software = NewMachine(addressSpaces);

    internal override string Name => "soft";

    internal override bool Has(ConformFeature feature) => feature switch
    {
        ConformFeature.None or ConformFeature.Generation or ConformFeature.Gpa52 or ConformFeature.Cpu
            or ConformFeature.Ioevent or ConformFeature.Coalesced or ConformFeature.GuestMemfd
            or ConformFeature.GuestMemfdFlags or ConformFeature.Irqchip or ConformFeature.InService => true,
        ConformFeature.Spaces => addressSpaces > 1,
        _ => false,
    };

    internal override IMachine Machine => _software;

    VirtualMachine Core => _software.Core;

    internal override void Renew()
    {
        _software.Dispose();
        _vcpus.Clear();
        ClearMemfds();
        base.Renew();
        _software = NewMachine(addressSpaces);
    }

    internal override KvmErrno GetLog(uint word, Span<ulong> bitmap) =>
        Core.DirtyTracking.TryGetLog(IdOf(word), bitmap, SpaceOf(word));

    internal override KvmErrno ClearLog(uint word, ulong first, uint pages, ReadOnlySpan<ulong> bitmap) =>
        Core.DirtyTracking.TryClearLog(IdOf(word), first, pages, bitmap, SpaceOf(word));

    // A buffer with no room is the Core's bad address.
    internal override KvmErrno GetLogAt(uint word, ulong address) => GetLog(word, []);

    internal override KvmErrno ClearLogAt(uint word, ulong first, uint pages, ulong address) => ClearLog(word, first, pages, []);

    internal override KvmErrno ResetRings(out int count) => Core.DirtyTracking.TryResetRings(out count);

    internal override KvmErrno Enable(uint capability, uint flags, ulong argument) =>
        flags != 0 ? KvmErrno.EINVAL : _software.TryEnable((KvmCapability)capability, argument);

    internal override int Check(uint capability)
    {
        int value = _software.Check((KvmCapability)capability);
        // One space, and the lack of the capability, are the same to KVM.
        return (KvmCapability)capability == KvmCapability.MultiAddressSpace && value == 1 ? 0 : value;
    }

    internal override KvmErrno CreateVcpu(ulong id)
    {
        // The Core's ids have 32 bits; KVM compares all 64.
        if (id > uint.MaxValue)
            return KvmErrno.EINVAL;
        try
        {
            _vcpus[(uint)id] = _software.CreateVcpu(new VcpuId((uint)id));
            return KvmErrno.None;
        }
        catch (KvmException exception)
        {
            return exception.Errno;
        }
    }

    internal override ulong Generation(uint space) => Core.Slots.Generation(new AddressSpaceId((byte)space)).Value;

    internal override IVcpu? FindVcpu(uint id) => _vcpus.GetValueOrDefault(id);

    public override void Dispose()
    {
        _software.Dispose();
        ClearMemfds();
        base.Dispose();
    }

    private protected override void ForgetVcpu(uint id) => _vcpus.Remove(id);

    private protected override KvmErrno SetSlotCore(uint word, uint flags, ulong gpa, ulong size, ulong hva)
    {
        // KVM's older call knows fewer flags, and looks at them first.
        const SlotFlags Known = SlotFlags.LogDirty | SlotFlags.ReadOnly;
        return ((SlotFlags)flags & ~Known) != 0
            ? KvmErrno.EINVAL
            : Core.Slots.TrySet(RegionOf(word, flags, gpa, size, hva)).Errno;
    }

    static MemoryRegion RegionOf(uint word, uint flags, ulong gpa, ulong size, ulong hva) =>
        new(IdOf(word), (SlotFlags)flags, new Gpa(gpa), size, new Hva(hva)) { Space = SpaceOf(word) };

    static SlotId IdOf(uint word) => new((ushort)word);

    // No machine has as many spaces as a byte counts, so that each number beyond is refused as the last one is.
    static AddressSpaceId SpaceOf(uint word) => new((byte)Math.Min(word >> SpaceShift, byte.MaxValue));

    static SoftwareMachine NewMachine(int addressSpaces) =>
        SoftwareBackend.Instance.CreateMachine(new VirtualMachineOptions { AddressSpaces = addressSpaces });
}
