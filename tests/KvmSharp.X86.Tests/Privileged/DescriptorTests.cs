using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Privileged;

/// <summary>Loads of segment registers, far transfers and the instructions that look at descriptors.</summary>
public sealed class DescriptorTests
{
    const int SegmentNotPresent = 11;
    const int StackFault = 12;
    const int GeneralProtection = 13;
    const int None = -1;

    /// <summary>A free entry of the test guests' table.</summary>
    const ushort Free = 0x38;

    const ulong ReadOnlyData = 0x00CF_9100_0000_FFFF;
    const ulong WritableData = 0x00CF_9300_0000_FFFF;
    const ulong NotPresent = 0x00CF_1300_0000_FFFF;
    const ulong ExecuteOnly = 0x00CF_9900_0000_FFFF;
    const ulong ReadableCode = 0x00CF_9B00_0000_FFFF;
    const ulong UserData = 0x00CF_F300_0000_FFFF;

    // descriptor, register, vector or none
    [Theory]
    [InlineData(WritableData, "ds", None)]
    [InlineData(ReadOnlyData, "ds", None)]
    [InlineData(ReadableCode, "es", None)]
    [InlineData(ExecuteOnly, "es", GeneralProtection)]
    [InlineData(NotPresent, "ds", SegmentNotPresent)]
    [InlineData(NotPresent, "ss", StackFault)]
    [InlineData(ReadOnlyData, "ss", GeneralProtection)]
    [InlineData(ReadableCode, "ss", GeneralProtection)]
    [InlineData(UserData, "ss", GeneralProtection)]
    [InlineData(UserData, "ds", None)]
    public void A_segment_register_takes_what_fits(ulong descriptor, string register, int vector)
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.Write(Guest.Gdt + Free, descriptor);
        guest.Assemble(assembler =>
        {
            assembler.mov(eax, Free);
            assembler.mov(register switch { "ss" => ss, "es" => es, _ => ds }, ax);
            assembler.hlt();
        });
        if (vector == None)
        {
            guest.RunToHalt();
            // Loading leaves the accessed bit.
            Assert.Equal(1UL, (guest.Read<ulong>(Guest.Gdt + Free) >> 40) & 1);
            return;
        }
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((vector, (ulong)Free), (frame.Vector, frame.Error));
    }

    [Fact]
    public void A_selector_beyond_the_table_is_a_general_protection_fault()
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, 0x1000);
            assembler.mov(es, ax);
        });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, 0x1000UL), (frame.Vector, frame.Error));
    }

    [Theory]
    [InlineData(0x0FFCUL, None)]
    [InlineData(0x0FFDUL, GeneralProtection)]
    [InlineData(0xFFFF_FFFFUL, GeneralProtection)]
    public void An_access_stays_inside_its_limit(ulong offset, int vector)
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        // Data from Guest.Data on, 4 KiB.
        guest.Write(Guest.Gdt + Free, 0x0040_9300_0000_0FFFUL | (Guest.Data << 16));
        guest.Write(Guest.Data + 0xFFC, 0x1234_5678U);
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, Free);
            assembler.mov(es, ax);
            assembler.mov(ecx, __.es[ebx]);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rbx = offset });
        if (vector == None)
            Assert.Equal(0x1234_5678UL, guest.RunToHalt().Rcx);
        else
            Assert.Equal(vector, guest.RunToException().Vector);
    }

    [Theory]
    [InlineData(0x0FFFUL, StackFault)]
    [InlineData(0x1000UL, None)]
    public void An_expand_down_segment_ends_below(ulong offset, int vector)
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.Write(Guest.Gdt + Free, 0x0040_9700_0000_0FFFUL);
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, Free);
            assembler.mov(ss, ax);
            assembler.mov(cl, __byte_ptr[ebp]);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rbp = offset });
        if (vector == None)
            guest.RunToHalt();
        else
            Assert.Equal(vector, guest.RunToException().Vector);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void A_far_return_to_user_code_changes_both_segments(int bits)
    {
        using Guest guest = bits == 64 ? Guest.Long() : Guest.Protected();
        guest.HaltOnExceptions();
        guest.Write(Guest.Task + 4, Guest.KernelStack);
        if (bits == 32)
            guest.Write(Guest.Task + 8, Guest.KernelData);
        guest.Assemble(static assembler => assembler.int3(), Guest.Code + 0x100);
        ulong end = guest.Assemble(static assembler =>
        {
            assembler.push(Guest.UserData);
            assembler.push((int)Guest.Data);
            assembler.push(Guest.UserCode);
            assembler.push((int)Guest.Code + 0x100);
        });
        // RETF, in 64-bit code of 64 bits.
        guest.Write(end, bits == 64 ? [0x48, 0xCB] : [0xCB]);
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((3, Guest.Code + 0x101, Guest.UserCode), (frame.Vector, frame.Rip, frame.Code));
    }

    [Fact]
    public void A_call_gate_leads_inwards_with_its_parameters()
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.EnterUser();
        // To Guest.Handlers + 0x800 in kernel code, for users, one parameter.
        ulong target = Guest.Handlers + 0x800;
        guest.Write(Guest.Gdt + Free, (target & 0xFFFF) | ((ulong)Guest.KernelCode << 16) | (1UL << 32) | (0xECUL << 40)
            | ((target & 0xFFFF_0000) << 32));
        guest.Assemble(static assembler => assembler.hlt(), target);
        guest.Assemble(static assembler =>
        {
            assembler.push(0x1234);
            assembler.call(Free | 3, 0);
        });
        KvmRegs regs = guest.RunToHalt();
        // EIP, CS, the parameter, ESP, SS.
        Assert.Equal(Guest.KernelStack - 20, regs.Rsp);
        Assert.Equal(Guest.UserCode, guest.Read<uint>(regs.Rsp + 4));
        Assert.Equal(0x1234U, guest.Read<uint>(regs.Rsp + 8));
        Assert.Equal((uint)Guest.Stack - 4, guest.Read<uint>(regs.Rsp + 12));
        Assert.Equal(Guest.UserData, guest.Read<uint>(regs.Rsp + 16));
    }

    [Fact]
    public void A_jump_to_a_task_is_refused()
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.Assemble(static assembler => assembler.jmp(Guest.TaskSelector, 0));
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, (ulong)Guest.TaskSelector), (frame.Vector, frame.Error));
    }

    [Theory]
    [InlineData(WritableData, true, true)]
    [InlineData(ReadOnlyData, true, false)]
    [InlineData(ReadableCode, true, false)]
    [InlineData(ExecuteOnly, false, false)]
    public void Verifying_says_what_would_be_allowed(ulong descriptor, bool reads, bool writes)
    {
        using Guest guest = Guest.Protected();
        guest.Write(Guest.Gdt + Free, descriptor);
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, Free);
            assembler.verr(ax);
            assembler.sete(bl);
            assembler.verw(ax);
            assembler.sete(cl);
            assembler.lsl(edx, eax);
            assembler.hlt();
        });
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal((reads, writes, (ulong)uint.MaxValue), ((regs.Rbx & 1) != 0, (regs.Rcx & 1) != 0, regs.Rdx));
    }

    [Fact]
    public void Compatibility_mode_runs_32_bit_code_and_comes_back()
    {
        using Guest guest = Guest.Long();
        guest.Write(Guest.Gdt + Free, ReadableCode);
        ulong narrow = 0x9000;
        // In 32-bit code 48 is DEC EAX; in 64-bit code it would be a prefix.
        guest.Write(narrow, 0x48, 0xEA, 0x00, 0xA0, 0x00, 0x00, (byte)Guest.KernelCode, 0x00);
        guest.Assemble(static assembler =>
        {
            assembler.mov(rcx, rax);
            assembler.hlt();
        }, 0xA000);
        guest.Write(Guest.Data, (uint)narrow);
        guest.Write(Guest.Data + 4, Free);
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, 8);
            assembler.jmp(__fword_ptr[Guest.Data]);
        });
        Assert.Equal(7UL, guest.RunToHalt().Rcx);
    }

    // Real mode to protected mode to long mode, as a boot loader does it.
    [Fact]
    public void A_guest_finds_its_way_from_real_mode_to_64_bit_code()
    {
        using Guest tables = Guest.Long();
        KvmSregs reset = tables.Sregs;
        reset.Cr0 = 0x10;
        reset.Cr3 = 0;
        reset.Cr4 = 0;
        reset.Efer = 0;
        var real = new KvmSegment { Limit = 0xFFFF, Type = 3, S = 1, Present = 1 };
        reset.Ds = reset.Es = reset.Ss = reset.Fs = reset.Gs = real;
        reset.Cs = real with { Type = 0xB };
        reset.Gdt = default;
        tables.Sregs = reset;
        tables.SetRegs(static regs => regs with { Rip = 0x5000 });
        tables.Write(0x5800, (ushort)0x3F);
        tables.Write(0x5802, (uint)Guest.Gdt);
        var assembler = new Assembler(16);
        assembler.lgdt(__fword_ptr[0x5800]);
        assembler.mov(eax, 0x20);
        assembler.mov(cr4, eax);
        assembler.mov(eax, (uint)PageTables.Root);
        assembler.mov(cr3, eax);
        assembler.mov(ecx, 0xC000_0080);
        assembler.rdmsr();
        assembler.or(eax, 0x100);
        assembler.wrmsr();
        assembler.mov(eax, cr0);
        assembler.or(eax, 0x8000_0001);
        assembler.mov(cr0, eax);
        assembler.jmp(Guest.KernelCode, 0x6000);
        using var stream = new System.IO.MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), 0x5000);
        tables.Write(0x5000, stream.ToArray());
        tables.Assemble(static code =>
        {
            code.mov(rax, 0x1234_5678_9ABC_DEF0);
            code.hlt();
        }, 0x6000);
        Assert.Equal(0x1234_5678_9ABC_DEF0UL, tables.RunToHalt().Rax);
        Assert.Equal(1, tables.Sregs.Cs.L);
    }
}
