using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.DirtyLog;
using KvmSharp.Hardware.Raw;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>The ring that the kernel shows: how it can be mapped, and what becomes of an entry.</summary>
[SuppressMessage("ApiDesign", "RS0030", Justification = "The errno is all there is to learn of a mapping that was refused.")]
public sealed class MappedDirtyRingTests
{
    const nint RingOffset = 64 * Page.Size;
    const int Read = 1;
    const int Write = 2;
    const int Execute = 4;
    const int Shared = 1;
    const int Private = 2;

    [KvmFact]
    public void A_ring_is_mapped_shared_and_not_to_be_executed()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        Assert.Equal(KvmErrno.None, machine.TryEnable(KvmCapability.DirtyLogRing, Page.Size));
        using HardwareVcpu vcpu = machine.CreateVcpu(new VcpuId(0));

        Assert.Equal(KvmErrno.None, Map(vcpu, Read | Write, Shared));
        Assert.Equal(KvmErrno.EINVAL, Map(vcpu, Read | Write, Private));
        // Kernels from 6.18 on let no such descriptor be executed; earlier ones refuse the ring alone.
        Assert.Contains(Map(vcpu, Read | Execute, Shared), new[] { KvmErrno.EPERM, KvmErrno.EINVAL });
    }

    [KvmFact]
    public void A_reset_frees_an_entry_that_was_harvested()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        Assert.Equal(KvmErrno.None, machine.TryEnable(KvmCapability.DirtyLogRing, Page.Size));
        using HostMemory.AnonymousMemory ram = HostMemory.AnonymousMemory.Create(0x1_0000);
        machine.Slots.Add(new Gpa(0), ram, SlotFlags.LogDirty);
        // mov [0x9000], al; hlt
        Assert.True(machine.Memory.TryWrite(new Gpa(RealModeGuest.Entry), [0xa2, 0x00, 0x90, 0xf4], out _));
        using HardwareVcpu vcpu = machine.CreateVcpu(new VcpuId(0));
        RealModeGuest.Start(vcpu);
        Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
        using var ring = new MappedDirtyRing(vcpu.Descriptor, Page.Size);
        Assert.Equal((uint)DirtyRingFlags.Dirty, ring.FlagsAt(0));

        Assert.Equal(1, ring.Harvest(new DirtyPage[4]));
        Assert.Equal((uint)DirtyRingFlags.Reset, ring.FlagsAt(0));

        Assert.Equal(KvmErrno.None, machine.TryResetDirtyRings(out int freed));
        Assert.Equal(1, freed);
        Assert.Equal((uint)DirtyRingFlags.None, ring.FlagsAt(0));
    }

    static KvmErrno Map(HardwareVcpu vcpu, int protection, int flags)
    {
        nint address = mmap(0, Page.Size, protection, flags, vcpu.Descriptor.Number, RingOffset);
        if (address == -1)
            return (KvmErrno)Marshal.GetLastPInvokeError();
        Assert.Equal(0, munmap(address, Page.Size));
        return KvmErrno.None;
    }

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern nint mmap(nint addr, nuint length, int prot, int flags, int fd, nint offset);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int munmap(nint addr, nuint length);
}
