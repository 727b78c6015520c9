using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Privileged;

/// <summary>Far transfers to code segments of all kinds, directly and through call gates, from both privileges.</summary>
public sealed class CodeSegmentTests
{
    const int None = -1;
    const int SegmentNotPresent = 11;
    const int GeneralProtection = 13;

    /// <summary>Free entries of the test guests' table: a code segment, and a gate of up to two entries.</summary>
    const ushort Segment = 0x38;
    const ushort Gate = 0x40;
    const ulong Target = 0xA000;

    // 32-bit code: plain or conforming, of privilege 0 or 3; data; not present.
    const ulong Plain0 = 0x00CF_9B00_0000_FFFF;
    const ulong Plain3 = 0x00CF_FB00_0000_FFFF;
    const ulong Conforming0 = 0x00CF_9F00_0000_FFFF;
    const ulong Conforming3 = 0x00CF_FF00_0000_FFFF;
    const ulong Data3 = 0x00CF_F300_0000_FFFF;
    const ulong NotPresent3 = 0x00CF_7B00_0000_FFFF;
    const ulong Short3 = 0x0040_FB00_0000_0FFF;

    // descriptor, RPL, as user? → vector, error (the selector by −1), privilege after
    [Theory]
    [InlineData(Plain0, 0, false, None, 0)]
    [InlineData(Plain0, 3, false, GeneralProtection, Segment)]
    [InlineData(Plain3, 3, false, GeneralProtection, Segment)]
    [InlineData(Plain3, 3, true, None, 3)]
    [InlineData(Plain3, 0, true, None, 3)]
    [InlineData(Plain0, 0, true, GeneralProtection, Segment)]
    [InlineData(Conforming0, 3, true, None, 3)]
    [InlineData(Conforming0, 0, false, None, 0)]
    [InlineData(Conforming3, 3, true, None, 3)]
    [InlineData(Conforming3, 0, false, GeneralProtection, Segment)]
    [InlineData(Data3, 3, true, GeneralProtection, Segment)]
    [InlineData(NotPresent3, 3, true, SegmentNotPresent, Segment)]
    [InlineData(Short3, 3, true, GeneralProtection, 0)]
    public void A_far_jump(ulong descriptor, int rpl, bool user, int vector, int result)
    {
        using Guest guest = Create(32, user);
        guest.Write(Guest.Gdt + Segment, descriptor);
        guest.Assemble(static assembler => assembler.int3(), Target);
        guest.Assemble(assembler => assembler.jmp((ushort)(Segment | rpl), (uint)Target));
        ExceptionFrame frame = guest.RunToException();
        if (vector == None)
            Assert.Equal((3, Target + 1, (ushort)(Segment | result)), (frame.Vector, frame.Rip, frame.Code));
        else
            Assert.Equal((vector, (ulong)result, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    // gate's privilege, present, to which segment, selector's RPL, by JMP? → vector, error
    [Theory]
    [InlineData(3, true, Plain0, 3, false, None, 0)]
    [InlineData(3, true, Conforming0, 3, false, None, 3)]
    [InlineData(3, true, Plain3, 3, false, None, 3)]
    [InlineData(3, true, Conforming0, 3, true, None, 3)]
    [InlineData(3, true, Plain0, 3, true, GeneralProtection, Segment)]
    [InlineData(0, true, Plain0, 3, false, GeneralProtection, Gate)]
    [InlineData(2, true, Plain0, 0, false, GeneralProtection, Gate)]
    [InlineData(3, false, Plain0, 3, false, SegmentNotPresent, Gate)]
    [InlineData(3, true, Data3, 3, false, GeneralProtection, Segment)]
    [InlineData(3, true, Plain0 & ~(1UL << 47), 3, false, SegmentNotPresent, Segment)]
    public void A_call_gate(int privilege, bool present, ulong descriptor, int rpl, bool jump, int vector, int result)
    {
        using Guest guest = Create(32, user: true);
        guest.Write(Guest.Gdt + Segment, descriptor);
        guest.Write(Guest.Gdt + Gate, GateTo(Target, privilege, present));
        guest.Assemble(static assembler => assembler.int3(), Target);
        guest.Assemble(assembler =>
        {
            if (jump)
                assembler.jmp((ushort)(Gate | rpl), 0);
            else
                assembler.call((ushort)(Gate | rpl), 0);
        });
        ExceptionFrame frame = guest.RunToException();
        if (vector == None)
            Assert.Equal((3, Target + 1, (ushort)(Segment | result)), (frame.Vector, frame.Rip, frame.Code));
        else
            Assert.Equal((vector, (ulong)result, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    // A gate of sixteen bits pushes words, and cuts the target.
    [Fact]
    public void A_narrow_call_gate()
    {
        const ulong Narrow = 0x0000_E400_0000_0000;
        using Guest guest = Create(32, user: true);
        guest.Write(Guest.Gdt + Segment, Plain0);
        guest.Write(Guest.Gdt + Gate, Narrow | Target | ((ulong)Segment << 16) | (0x1234UL << 48));
        guest.Assemble(static assembler => assembler.hlt(), Target);
        guest.Assemble(static assembler => assembler.call(Gate | 3, 0));
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal(Guest.KernelStack - 8, regs.Rsp);
        Assert.Equal((ulong)Guest.UserData << 48 | (Guest.Stack << 32) | ((ulong)Guest.UserCode << 16) | (ushort)(Guest.Code + 7), guest.Read<ulong>(regs.Rsp));
    }

    // In long mode a gate is twice as long; to an inner privilege SS becomes null.
    [Fact]
    public void A_call_gate_of_long_mode()
    {
        using Guest guest = Create(64, user: true);
        guest.Write(Guest.Gdt + Gate, GateTo(Target, 3, present: true, Guest.KernelCode));
        guest.Assemble(static assembler => assembler.hlt(), Target);
        Call64(guest);
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal(Guest.KernelStack - 32, regs.Rsp);
        Assert.Equal((Guest.Code + 7, (ulong)Guest.UserCode), (guest.Read<ulong>(regs.Rsp), guest.Read<ulong>(regs.Rsp + 8)));
        Assert.Equal((Guest.Stack, (ulong)Guest.UserData), (guest.Read<ulong>(regs.Rsp + 16), guest.Read<ulong>(regs.Rsp + 24)));
        Assert.Equal((0, 0), (guest.Sregs.Ss.Selector, guest.Sregs.Cs.Dpl));
    }

    // the gate's upper half, the segment it names → error
    [Theory]
    [InlineData(0x0C00UL << 32, Guest.KernelCode, Gate)]
    [InlineData(0UL, Segment, Segment)]
    [InlineData(0UL, (ushort)0, 0)]
    [InlineData(0x0000_8000UL, Guest.KernelCode, 0)]
    public void A_call_gate_of_long_mode_that_is_refused(ulong upper, ushort segment, int error)
    {
        using Guest guest = Create(64, user: true);
        guest.Write(Guest.Gdt + Segment, Plain0);
        guest.Write(Guest.Gdt + Gate, GateTo(Target, 3, present: true, segment));
        guest.Write(Guest.Gdt + Gate + 8, upper);
        Call64(guest);
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, (ulong)error, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_task_gate_is_refused(bool jump)
    {
        const ulong TaskGate = 0x0000_E500_0000_0000 | ((ulong)Guest.TaskSelector << 16);
        using Guest guest = Create(32, user: false);
        guest.Write(Guest.Gdt + Gate, TaskGate);
        guest.Assemble(assembler =>
        {
            if (jump)
                assembler.jmp(Gate, 0);
            else
                assembler.call(Gate, 0);
        });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, (ulong)Gate, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    static void Call64(Guest guest)
    {
        guest.Write(Guest.Data + 4, (ushort)(Gate | 3));
        guest.Assemble(static assembler => assembler.call(__fword_ptr[Guest.Data]));
    }

    static ulong GateTo(ulong target, int privilege, bool present, ushort segment = Segment) =>
        (target & 0xFFFF) | ((ulong)segment << 16) | (0x0CUL << 40) | ((ulong)privilege << 45) | (present ? 1UL << 47 : 0)
        | ((target & 0xFFFF_0000) << 32);

    static Guest Create(int bits, bool user)
    {
        Guest guest = bits == 64 ? Guest.Long() : Guest.Protected();
        guest.HaltOnExceptions();
        guest.Sregs = guest.Sregs with { Gdt = new KvmDtable { Base = Guest.Gdt, Limit = 0x4F } };
        if (user)
            guest.EnterUser();
        return guest;
    }
}
