using System;
using KvmSharp.Addresses;
using KvmSharp.HyperV;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.Reclaim;
using Xunit;
using static KvmSharp.HyperV.Hypercalls.HypercallCode;

namespace KvmSharp.Tests.HyperV;

/// <summary>What stands between a hypercall instruction and a call: who may make it, and what the guest was told.</summary>
public sealed class HypercallCheckTests : IDisposable
{
    const ulong AccessDenied = 6;
    const HyperVFeatures Everything = (HyperVFeatures)(-1);

    readonly HyperVGuest _guest = new(2);
    readonly ulong[] _xmm = new ulong[HypercallRegisters.XmmHalves];

    public void Dispose() => _guest.Dispose();

    HypercallOutcome Make(HypercallCode code, out HypercallResult result, bool fast = false, bool privileged = true) =>
        _guest.Caller.HyperV.Hypercall(
            new HypercallRegisters(HypercallInput.Of(code, fast), HyperVGuest.Block, 0, _xmm)
            {
                IsPrivileged = privileged,
            },
            out result);

    [Fact]
    public void The_interface_is_open_when_the_guest_was_shown_it_and_has_said_what_it_is()
    {
        _guest.Caller.HyperV.IsEnabled = false;
        Assert.Equal(HypercallOutcome.NotEnabled, Make(FlushVirtualAddressSpace, out _, privileged: false));
        _guest.Caller.HyperV.IsEnabled = true;
        _guest.Vm.HyperV.GuestOsId = 0;
        Assert.Equal(HypercallOutcome.NotEnabled, Make(FlushVirtualAddressSpace, out _, privileged: false));
        Assert.True(_guest.Caller.HyperV.TryWriteMsr(HyperVMsr.GuestOsId, 1));
        Assert.Equal(HypercallOutcome.UndefinedInstruction, Make(FlushVirtualAddressSpace, out _, privileged: false));
        Assert.Equal(HypercallOutcome.Completed, Make(FlushVirtualAddressSpace, out _));
        Assert.Equal([0, 1], _guest.TakeFlushed());
    }

    [Theory]
    [InlineData(FlushVirtualAddressSpace, HyperVFeatures.RemoteTlbFlush)]
    [InlineData(FlushVirtualAddressSpaceEx, HyperVFeatures.RemoteTlbFlush | HyperVFeatures.ExProcessorMasks)]
    [InlineData(SendSyntheticClusterIpi, HyperVFeatures.ClusterIpi)]
    [InlineData(SendSyntheticClusterIpiEx, HyperVFeatures.ClusterIpi | HyperVFeatures.ExProcessorMasks)]
    public void A_guest_that_is_held_to_what_it_was_told_is_denied_other_calls(HypercallCode code, HyperVFeatures needed)
    {
        HyperVVcpu caller = _guest.Caller.HyperV;
        caller.Features = HyperVFeatures.None;
        Make(code, out HypercallResult result);
        Assert.NotEqual(HypercallStatus.AccessDenied, result.Status);

        caller.EnforcesFeatures = true;
        foreach (HyperVFeatures one in Enum.GetValues<HyperVFeatures>())
        {
            caller.Features = Everything & ~one;
            Make(code, out result);
            Assert.Equal((needed & one) != 0, result.Status == HypercallStatus.AccessDenied);
        }
        caller.Features = HyperVFeatures.None;
        // Before anything else is looked at; an unknown call is denied to nobody.
        Assert.Equal(AccessDenied, _guest.Call(new HypercallInput((1UL << 63) | (ulong)code)));
        Assert.Equal(2UL, _guest.Call(new HypercallInput(0xBEEF)));
    }

    [Theory]
    [InlineData(FlushVirtualAddressSpace, HypercallOutcome.UndefinedInstruction)]
    [InlineData(FlushVirtualAddressListEx, HypercallOutcome.UndefinedInstruction)]
    [InlineData(SendSyntheticClusterIpiEx, HypercallOutcome.UndefinedInstruction)]
    [InlineData(SendSyntheticClusterIpi, HypercallOutcome.Completed)]
    public void Fast_input_in_XMM_registers_is_undefined_where_it_was_not_told_of(
        HypercallCode code, HypercallOutcome expected)
    {
        _guest.Caller.HyperV.EnforcesFeatures = true;
        _guest.Caller.HyperV.Features = Everything & ~HyperVFeatures.XmmInput;
        Assert.Equal(expected, Make(code, out _, fast: true));
        Assert.Equal(HypercallOutcome.Completed, Make(code, out _));
    }

    [Fact]
    public void Registers_are_held_to_what_the_guest_was_told_and_the_host_is_not()
    {
        HyperVVcpu vcpu = _guest.VcpuAt(1).HyperV;
        vcpu.EnforcesFeatures = true;
        Assert.False(vcpu.TryReadMsr(HyperVMsr.VpIndex, out _));
        Assert.True(vcpu.TryReadMsr(HyperVMsr.VpIndex, out ulong index, isHost: true));
        Assert.Equal(1UL, index);
        Assert.False(vcpu.TryWriteMsr(HyperVMsr.GuestOsId, 5));
        Assert.False(vcpu.TryReadMsr(HyperVMsr.GuestOsId, out _));
        Assert.True(vcpu.TryWriteMsr(HyperVMsr.GuestOsId, 5, isHost: true));

        vcpu.Features = HyperVFeatures.VpIndexMsr | HyperVFeatures.HypercallMsrs;
        Assert.True(vcpu.TryReadMsr(HyperVMsr.VpIndex, out _));
        Assert.True(vcpu.TryReadMsr(HyperVMsr.GuestOsId, out ulong id));
        Assert.Equal(5UL, id);
        const uint VpRuntime = 0x4000_0010;
        Assert.False(vcpu.TryReadMsr(VpRuntime, out _, isHost: true));
        Assert.False(vcpu.TryWriteMsr(VpRuntime, 0, isHost: true));
    }

    [Fact]
    public void CPUID_tells_of_features_bit_by_bit()
    {
        Assert.Equal(HyperVFeatures.None, HyperVCpuid.Features(~0x60u, ~0x10u, ~0xC04u));
        Assert.Equal(HyperVFeatures.HypercallMsrs, HyperVCpuid.Features(1 << 5, 0, 0));
        Assert.Equal(HyperVFeatures.VpIndexMsr, HyperVCpuid.Features(1 << 6, 0, 0));
        Assert.Equal(HyperVFeatures.XmmInput, HyperVCpuid.Features(0, 1 << 4, 0));
        Assert.Equal(HyperVFeatures.RemoteTlbFlush, HyperVCpuid.Features(0, 0, 1 << 2));
        Assert.Equal(HyperVFeatures.ClusterIpi, HyperVCpuid.Features(0, 0, 1 << 10));
        Assert.Equal(HyperVFeatures.ExProcessorMasks, HyperVCpuid.Features(0, 0, 1 << 11));
    }

    [Fact]
    public void Registers_outside_64_bit_mode_come_in_pairs()
    {
        HypercallRegisters registers = HypercallRegisters.In32BitMode(
            eax: 0x8765_4321, edx: 0x1234, ebx: 1, ecx: 2, edi: 3, esi: 4);
        Assert.Equal(0x1234_8765_4321UL, registers.Input.Value);
        Assert.Equal((0x1_0000_0002UL, 0x3_0000_0004UL), (registers.First, registers.Second));
    }

    [Fact]
    public void An_input_value_is_laid_out_as_it_is_written_down()
    {
        HypercallInput input = HypercallInput.Of(FlushVirtualAddressListEx, true, 0x3FF, 0xFFF, 0xFFF);
        Assert.Equal(0x0FFF_0FFF_07FF_0014UL, input.Value);
        Assert.False(input.HasReservedBits);
        Assert.Equal((true, 0x3FF, 0xFFF, 0xFFF), (input.IsFast, input.VariableHeaderWords, input.RepCount, input.RepStart));
        Assert.Equal(FlushVirtualAddressListEx, input.Code);
    }

    [Fact]
    public void A_call_from_within_guest_mode_or_a_read_section_is_refused()
    {
        Assert.True(_guest.Caller.TryEnterGuest());
        Assert.Throws<InvalidOperationException>(() => Make(FlushVirtualAddressSpace, out _));
        _guest.Caller.ExitGuest();
        Assert.Throws<InvalidOperationException>(() =>
        {
            using ReadSection section = _guest.Vm.EnterReadSection();
            Make(FlushVirtualAddressSpace, out _);
        });
    }

    [Fact]
    public void A_call_allocates_nothing_once_it_has_been_made()
    {
        void Calls()
        {
            for (int call = 0; call < 100; call++)
            {
                Make(FlushVirtualAddressSpace, out _);
                Make(SendSyntheticClusterIpi, out _);
            }
        }

        _guest.SetVp(0, 1);
        _guest.Call(HypercallInput.Of(FlushVirtualAddressSpace), 0x20, 0, 0b10);
        Calls();
        _guest.Interrupts.Sent.Clear();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Calls();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void The_hypercall_page_gets_code_once_the_guest_has_said_what_it_is()
    {
        const ulong Start = 0x2000;
        const uint Code = 0xC3_C1_01_0F;
        HyperVVcpu vcpu = _guest.Caller.HyperV;
        uint There() => _guest.Vm.Memory.Read<uint>(new Gpa(Start));
        ulong Register() => vcpu.TryReadMsr(HyperVMsr.Hypercall, out ulong value) ? value : throw new InvalidOperationException();

        Assert.True(vcpu.TryWriteMsr(HyperVMsr.GuestOsId, 0));
        Assert.True(vcpu.TryWriteMsr(HyperVMsr.Hypercall, Start | 1));
        Assert.Equal((0UL, 0U), (Register(), There()));

        Assert.True(vcpu.TryWriteMsr(HyperVMsr.GuestOsId, 1));
        Assert.True(vcpu.TryWriteMsr(HyperVMsr.Hypercall, Start));
        Assert.Equal((Start, 0U), (Register(), There()));

        Assert.True(vcpu.TryWriteMsr(HyperVMsr.Hypercall, Start | 1));
        Assert.Equal((Start | 1, Code), (Register(), There()));

        Assert.False(vcpu.TryWriteMsr(HyperVMsr.Hypercall, (1UL << 40) | 1));
        Assert.Equal(Start | 1, Register());

        Assert.True(vcpu.TryWriteMsr(HyperVMsr.GuestOsId, 0));
        Assert.Equal(Start, Register());
    }

    [Fact]
    public void A_guest_that_was_not_shown_the_interface_has_none_of_its_registers()
    {
        HyperVVcpu vcpu = _guest.Caller.HyperV;
        vcpu.IsEnabled = false;

        Assert.False(vcpu.TryReadMsr(HyperVMsr.VpIndex, out _));
        Assert.False(vcpu.TryWriteMsr(HyperVMsr.GuestOsId, 1));
        Assert.True(vcpu.TryReadMsr(HyperVMsr.VpIndex, out _, isHost: true));
    }
}
