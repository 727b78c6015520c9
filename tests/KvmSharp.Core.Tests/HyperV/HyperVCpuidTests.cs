using System;
using System.Linq;
using KvmSharp.Backends;
using KvmSharp.HyperV;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.HyperV;

/// <summary>KVM_GET_SUPPORTED_HV_CPUID, as hyperv_cpuid of the kernel's selftests looks at it.</summary>
public sealed class HyperVCpuidTests
{
    // Leaf, EAX, EBX, ECX, EDX. "Linu" "x KV" "M Hv" in EBX, ECX and EDX of the first leaf of either row.
    static readonly (uint Leaf, uint Eax, uint Ebx, uint Ecx, uint Edx)[] _leaves =
    [
        (0x4000_0000, 0x4000_0082, 0x756E_694C, 0x564B_2078, 0x7648_204D),
        (0x4000_0001, 0x3123_7648, 0, 0, 0),
        (0x4000_0002, 0x3839, 0x000A_0000, 0, 0),
        (0x4000_0003, 0x60, 0, 0, 0x10),
        (0x4000_0004, 0xC04, 0xFFF, 0, 0),
        (0x4000_0005, 1024, 64, 0, 0),
        (0x4000_000A, 0, 0, 0, 0),
        (0x4000_0080, 0x4000_0082, 0x756E_694C, 0x564B_2078, 0x7648_204D),
        (0x4000_0081, 0x3123_5356, 0, 0, 0),
        (0x4000_0082, 0, 0, 0, 0),
    ];

    [Fact]
    public void The_system_says_ten_leaves()
    {
        var entries = new KvmCpuidEntry[12];

        Assert.Equal(KvmErrno.None, HyperVCpuid.TryGetSupported(entries, out int count));

        Assert.Equal(_leaves, entries.Take(count).Select(Registers));
        Assert.All(entries, entry => Assert.Equal((0U, KvmCpuidFlags.None), (entry.Index, entry.Flags)));
        Assert.All(entries[count..], entry => Assert.Equal(0U, entry.Function));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    public void Without_room_for_all_of_them_nothing_is_written(int room)
    {
        var entries = new KvmCpuidEntry[room];

        Assert.Equal(KvmErrno.E2BIG, HyperVCpuid.TryGetSupported(entries, out int count));

        Assert.Equal(0, count);
        Assert.All(entries, entry => Assert.Equal(0U, entry.Function));
    }

    [Fact]
    public void A_vcpu_says_the_same_with_its_machines_number_of_vps()
    {
        using var machine = new VirtualMachine(new VirtualMachineOptions { MaxVcpus = 2048 });
        Vcpu vcpu = machine.Vcpus.Create(new VcpuId(0));
        var system = new KvmCpuidEntry[HyperVCpuid.LeafCount];
        var own = new KvmCpuidEntry[HyperVCpuid.LeafCount];
        HyperVCpuid.TryGetSupported(system, out _);

        Assert.Equal(KvmErrno.E2BIG, vcpu.HyperV.TryGetSupportedCpuid([], out _));
        Assert.Equal(KvmErrno.None, vcpu.HyperV.TryGetSupportedCpuid(own, out int count));

        Assert.Equal(HyperVCpuid.LeafCount, count);
        Assert.Equal((1024U, 2048U), (system[5].Eax, own[5].Eax));
        own[5].Eax = system[5].Eax;
        Assert.Equal(system.Select(Registers), own.Select(Registers));
    }

    [Fact]
    public void What_is_said_and_set_again_opens_the_interface_with_all_its_features()
    {
        using var machine = new VirtualMachine();
        HyperVVcpu vcpu = machine.Vcpus.Create(new VcpuId(0)).HyperV;
        var leaves = new KvmCpuidEntry[HyperVCpuid.LeafCount];
        vcpu.TryGetSupportedCpuid(leaves, out _);

        vcpu.UseCpuid(leaves);

        const HyperVFeatures All = HyperVFeatures.HypercallMsrs | HyperVFeatures.VpIndexMsr | HyperVFeatures.XmmInput
            | HyperVFeatures.RemoteTlbFlush | HyperVFeatures.ClusterIpi | HyperVFeatures.ExProcessorMasks;
        Assert.Equal((true, All), (vcpu.IsEnabled, vcpu.Features));

        vcpu.UseCpuid(leaves.AsSpan(2));
        Assert.Equal((false, All), (vcpu.IsEnabled, vcpu.Features));
        vcpu.UseCpuid([]);
        Assert.Equal((false, HyperVFeatures.None), (vcpu.IsEnabled, vcpu.Features));
    }

    static (uint Leaf, uint Eax, uint Ebx, uint Ecx, uint Edx) Registers(KvmCpuidEntry entry) =>
        (entry.Function, entry.Eax, entry.Ebx, entry.Ecx, entry.Edx);
}
