using System;
using System.Linq;
using Iced.Intel;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HyperV;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using Xunit.Abstractions;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.HyperV;

/// <summary>Guest code that opens the Hyper-V interface and calls it.</summary>
public sealed class HypercallInstructionTests(ITestOutputHelper output)
{
    const int InvalidOpcode = 6;
    const int GeneralProtection = 13;
    const ulong Success = 0;
    const ulong InvalidInput = 3;
    const ulong Linux = 0x8100_0000_0000_0000;
    const ulong Block = Guest.Data;
    const ulong CallPage = 0x9000;
    const ulong HyperVLeaf = 0x4000_0001;

    static readonly HypercallInput _flushSpace = HypercallInput.Of(HypercallCode.FlushVirtualAddressSpace);
    static readonly HypercallInput _sendIpi = HypercallInput.Of(HypercallCode.SendSyntheticClusterIpi, fast: true);

    [Fact]
    public void A_guest_finds_the_interface_opens_it_and_calls_through_its_page()
    {
        using Guest guest = Open(Guest.Long());
        guest.Memory.Write(new Gpa(Block + 8), 1UL);
        guest.Assemble(assembler =>
        {
            assembler.mov(eax, (uint)HyperVLeaf);
            assembler.cpuid();
            assembler.mov(r12d, eax);
            WriteMsr(assembler, HyperVMsr.GuestOsId, Linux);
            WriteMsr(assembler, HyperVMsr.Hypercall, CallPage | 1);
            assembler.mov(ecx, HyperVMsr.VpIndex);
            assembler.rdmsr();
            assembler.mov(r13d, eax);
            assembler.mov(rcx, _flushSpace.Value);
            assembler.mov(rdx, Block);
            assembler.mov(rax, ulong.MaxValue);
            assembler.mov(rbx, CallPage);
            assembler.call(rbx);
            assembler.hlt();
        });

        KvmRegs regs = guest.RunToHalt();

        Assert.Equal((HyperVCpuid.Signature, 0UL, Success), ((uint)regs.R12, regs.R13, regs.Rax));
        Assert.Equal(0xC3_C1_01_0FU, guest.Read<uint>(CallPage));
    }

    [Fact]
    public void A_hypercall_page_that_replaces_code_just_executed_is_what_runs_next()
    {
        using Guest guest = Open(Guest.Long());
        guest.Write(CallPage, 0xB8, 1, 0, 0, 0, 0xC3);
        guest.Assemble(assembler =>
        {
            assembler.mov(rbx, CallPage);
            assembler.call(rbx);
            assembler.mov(r12, rax);
            WriteMsr(assembler, HyperVMsr.GuestOsId, Linux);
            WriteMsr(assembler, HyperVMsr.Hypercall, CallPage | 1);
            assembler.mov(ecx, 0xBEEF);
            assembler.call(rbx);
            assembler.hlt();
        });

        KvmRegs regs = guest.RunToHalt();

        Assert.Equal((1UL, (ulong)HypercallStatus.InvalidHypercallCode), (regs.R12, regs.Rax));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Both_vendors_instructions_call(bool vmcall)
    {
        using Guest guest = Opened(Guest.Long());
        guest.Assemble(assembler => Call(assembler, 0xBEEF, 0, 0, vmcall));

        Assert.Equal((ulong)HypercallStatus.InvalidHypercallCode, guest.RunToHalt().Rax);
    }

    [Fact]
    public void Fast_input_comes_from_xmm_registers()
    {
        using Guest guest = Opened(Guest.Long());
        RecordingInterrupts sent = Record(guest);
        HypercallInput input = HypercallInput.Of(HypercallCode.SendSyntheticClusterIpiEx, fast: true, variableHeaderWords: 1);
        // The vector; the sparse format; bank 0 alone, VP 0 in it.
        guest.Write(Block, 1UL);
        guest.Write(Block + 8, 1UL);
        guest.Assemble(assembler =>
        {
            assembler.mov(rbx, Block);
            assembler.movdqu(xmm0, __xmmword_ptr[rbx]);
            Call(assembler, input.Value, 0x55, 0);
        });
        EnableSse(guest);

        Assert.Equal(Success, guest.RunToHalt().Rax);
        Assert.Equal((0, 0x55), Assert.Single(sent.Sent));
    }

    [Fact]
    public void A_32_bit_guest_passes_halves_and_gets_halves()
    {
        using Guest guest = Opened(Guest.Protected());
        HypercallInput input = HypercallInput.Of(HypercallCode.FlushVirtualAddressList, repCount: 1);
        guest.Write(Block + 8, 1UL);
        guest.Assemble(assembler =>
        {
            assembler.mov(eax, (uint)input.Value);
            assembler.mov(edx, (uint)(input.Value >> 32));
            assembler.xor(ebx, ebx);
            assembler.mov(ecx, (uint)Block);
            assembler.vmcall();
            assembler.hlt();
        });

        KvmRegs regs = guest.RunToHalt();

        Assert.Equal((Success, 1UL), (regs.Rax, regs.Rdx));
    }

    [Fact]
    public void An_interrupt_goes_to_the_vcpus_with_the_vp_indices()
    {
        using Guest guest = Opened(Guest.Long());
        RecordingInterrupts sent = Record(guest);
        SoftwareVcpu second = guest.Machine.CreateVcpu(new VcpuId(1));
        Assert.True(second.Core.HyperV.TrySetVpIndex(new VpIndex(40)));
        guest.Assemble(assembler => Call(assembler, _sendIpi.Value, 0x71, 1UL << 40));

        Assert.Equal(Success, guest.RunToHalt().Rax);
        Assert.Equal((1, 0x71), Assert.Single(sent.Sent));
    }

    [Fact]
    public void User_code_and_real_mode_have_no_hypercalls()
    {
        using Guest user = Opened(Guest.Long());
        user.HaltOnExceptions();
        user.Assemble(assembler => assembler.vmcall());
        user.EnterUser();
        ExceptionFrame frame = user.RunToException();
        Assert.Equal((InvalidOpcode, Guest.Code), (frame.Vector, frame.Rip));

        using Guest real = Opened(Guest.Real());
        real.Write(InvalidOpcode * 4, (uint)Guest.Handlers >> 4 << 16);
        real.Write(Guest.Handlers, Guest.Halt);
        real.Assemble(assembler => assembler.vmcall());
        real.RunToHalt();
        Assert.Equal(Guest.Handlers >> 4, real.Sregs.Cs.Selector);
    }

    [Fact]
    public void Registers_are_there_for_guests_that_were_shown_the_interface()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Assemble(assembler => WriteMsr(assembler, HyperVMsr.GuestOsId, Linux));
        Assert.Equal(GeneralProtection, guest.RunToException().Vector);

        using Guest shown = Open(Guest.Long());
        shown.HaltOnExceptions();
        shown.Assemble(assembler =>
        {
            // No code is put where there is no memory; the VP index is the host's to change.
            WriteMsr(assembler, HyperVMsr.GuestOsId, Linux);
            WriteMsr(assembler, HyperVMsr.Hypercall, (Guest.MemoryBytes + 0x1000) | 1);
        });
        Assert.Equal(GeneralProtection, shown.RunToException().Vector);
    }

    [Fact]
    public void A_closed_interface_leaves_the_instruction_to_kvms_calls()
    {
        using Guest guest = Open(Guest.Long());
        guest.Assemble(assembler => Call(assembler, _flushSpace.Value, Block, 0));

        Assert.Equal(unchecked((ulong)-1000L), guest.RunToHalt().Rax);
    }

    [Fact]
    public void Registers_are_saved_and_brought_back_with_the_others()
    {
        using Guest guest = Opened(Guest.Long());
        KvmMsrEntry[] saved = [.. SoftwareBackend.Instance.GetMsrIndices().Select(index => new KvmMsrEntry(index, 0))];
        guest.Vcpu.SetMsrs([new KvmMsrEntry(HyperVMsr.Hypercall, CallPage | 1), new KvmMsrEntry(HyperVMsr.VpIndex, 9)]);
        Assert.Equal(saved.Length, guest.Vcpu.GetMsrs(saved));

        using Guest other = Open(Guest.Long());
        Assert.Equal(saved.Length, other.Vcpu.SetMsrs(saved));

        Assert.Equal((Linux, new VpIndex(9)), (other.Machine.Core.HyperV.GuestOsId, other.Vcpu.Core.VpIndex));
        Assert.Equal(0xC3_C1_01_0FU, other.Read<uint>(CallPage));
    }

    [Fact]
    public void Hostile_calls_get_a_status_or_an_exception_and_harm_nothing()
    {
        const int Calls = 3000;
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using Guest guest = Opened(Guest.Long());
        Record(guest);
        guest.HaltOnExceptions();
        guest.Assemble(assembler =>
        {
            assembler.vmcall();
            assembler.hlt();
        });
        ulong[] edges = [0, Block, Block + 0xFFC, Guest.MemoryBytes - 8, Guest.MemoryBytes, 1UL << 51, ulong.MaxValue - 7, ulong.MaxValue];
        ushort[] codes = [.. Enum.GetValues<HypercallCode>().Select(code => (ushort)code), 0, 0xBEEF];
        byte[] bytes = new byte[0x2000];
        for (int call = 0; call < Calls; call++)
        {
            random.NextBytes(bytes);
            guest.Write(Block, bytes);
            ulong input = codes[random.Next(codes.Length)] | ((ulong)random.NextInt64() & 0xFFF_07FF_0000) * (ulong)random.Next(2);
            guest.SetRegs(regs => regs with
            {
                Rip = Guest.Code,
                Rsp = Guest.Stack,
                Rcx = random.Next(8) == 0 ? (ulong)random.NextInt64() : input,
                Rdx = random.Next(4) == 0 ? (ulong)random.NextInt64() : edges[random.Next(edges.Length)],
                R8 = (ulong)random.NextInt64(),
            });
            KvmRegs after = guest.RunToHalt();
            Assert.InRange(after.Rax & 0xFFFF, Success, (ulong)HypercallStatus.AccessDenied);
        }
        Assert.True(guest.HasCleanMargins());
    }

    // Shows the guest the interface.
    static Guest Open(Guest guest)
    {
        guest.Vcpu.ShowHyperV();
        return guest;
    }

    // And opens it in the guest's stead.
    static Guest Opened(Guest guest)
    {
        Open(guest);
        Assert.Equal(1, guest.Vcpu.SetMsrs([new KvmMsrEntry(HyperVMsr.GuestOsId, Linux)]));
        return guest;
    }

    static RecordingInterrupts Record(Guest guest)
    {
        var sent = new RecordingInterrupts();
        guest.Machine.Core.HyperV.Interrupts = sent;
        return sent;
    }

    static void EnableSse(Guest guest)
    {
        const ulong Osfxsr = 1 << 9;
        KvmSregs sregs = guest.Sregs;
        sregs.Cr4 |= Osfxsr;
        guest.Sregs = sregs;
    }

    static void WriteMsr(Assembler assembler, uint msr, ulong value)
    {
        assembler.mov(ecx, msr);
        assembler.mov(eax, (uint)value);
        assembler.mov(edx, (uint)(value >> 32));
        assembler.wrmsr();
    }

    static void Call(Assembler assembler, ulong input, ulong first, ulong second, bool vmcall = true)
    {
        assembler.mov(rcx, input);
        assembler.mov(rdx, first);
        assembler.mov(r8, second);
        assembler.mov(rax, input);
        if (vmcall)
            assembler.vmcall();
        else
            assembler.vmmcall();
        assembler.hlt();
    }
}
