using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Events;

/// <summary>An exception that meets another on its way to the handler, by the manuals' table; and gates that lead nowhere.</summary>
public sealed class NestedFaultTests
{
    const int DivideError = 0;
    const int InvalidOpcode = 6;
    const int DoubleFault = 8;
    const int SegmentNotPresent = 11;
    const int StackFault = 12;
    const int GeneralProtection = 13;
    const int PageFault = 14;
    const ulong Unmapped = 0x70_0000;
    const ulong Bad = 1UL << 63;

    // first exception, what its gate leads to → what the guest sees, with which error code
    [Theory]
    // A gate that is not present: #NP, contributory.
    [InlineData(InvalidOpcode, SegmentNotPresent, SegmentNotPresent, (InvalidOpcode << 3) | 3)]
    [InlineData(DivideError, SegmentNotPresent, DoubleFault, 0)]
    [InlineData(GeneralProtection, SegmentNotPresent, DoubleFault, 0)]
    [InlineData(PageFault, SegmentNotPresent, DoubleFault, 0)]
    // A selector that is none: #GP, contributory.
    [InlineData(InvalidOpcode, GeneralProtection, GeneralProtection, 1)]
    [InlineData(DivideError, GeneralProtection, DoubleFault, 0)]
    [InlineData(PageFault, GeneralProtection, DoubleFault, 0)]
    // A stack that is not mapped: #PF. After a contributory exception it comes by itself, after another #PF it does not.
    [InlineData(InvalidOpcode, PageFault, PageFault, 2)]
    [InlineData(DivideError, PageFault, PageFault, 2)]
    [InlineData(GeneralProtection, PageFault, PageFault, 2)]
    [InlineData(PageFault, PageFault, DoubleFault, 0)]
    // A stack pointer that is none: #SS, contributory.
    [InlineData(InvalidOpcode, StackFault, StackFault, 1)]
    [InlineData(DivideError, StackFault, DoubleFault, 0)]
    [InlineData(PageFault, StackFault, DoubleFault, 0)]
    public void Two_exceptions(int first, int second, int vector, int error)
    {
        using Guest guest = Create(first, second);
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((vector, (ulong)error, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    // #DF that meets another exception, benign or not, is the end.
    [Theory]
    [InlineData(SegmentNotPresent)]
    [InlineData(GeneralProtection)]
    [InlineData(PageFault)]
    [InlineData(StackFault)]
    public void Three_exceptions(int third)
    {
        using Guest guest = Create(DivideError, SegmentNotPresent);
        Break(guest, DoubleFault, third);
        Assert.Equal(VcpuExitReason.Shutdown, guest.Run());
        Assert.Equal(Guest.Code, guest.Regs.Rip);
    }

    // An interrupt that the program asked for, or nobody, makes no double fault.
    [Fact]
    public void An_interrupt_whose_handler_cannot_be_entered_is_that_exception_alone()
    {
        using Guest guest = Create(DivideError, SegmentNotPresent);
        guest.Assemble(static assembler => assembler.@int(0));
        ExceptionFrame frame = guest.RunToException();
        // Asked for: the code names the gate, without the external bit.
        Assert.Equal((SegmentNotPresent, 2UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void A_task_gate_is_refused(int bits)
    {
        const byte TaskGate = 0x85;
        using Guest guest = bits == 64 ? Guest.Long() : Guest.Protected();
        guest.HaltOnExceptions();
        guest.Write(Guest.Idt + (InvalidOpcode * (ulong)(bits / 4)) + 5, TaskGate);
        guest.Assemble(static assembler => assembler.ud2());
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, (ulong)((InvalidOpcode << 3) | 3)), (frame.Vector, frame.Error));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void A_vector_beyond_the_table_is_refused(int bits)
    {
        const int Vector = 0x30;
        using Guest guest = bits == 64 ? Guest.Long() : Guest.Protected();
        guest.HaltOnExceptions();
        guest.Sregs = guest.Sregs with { Idt = new KvmDtable { Base = Guest.Idt, Limit = (ushort)((Vector * (bits / 4)) - 1) } };
        guest.Assemble(static assembler => assembler.@int(Vector));
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, (ulong)((Vector << 3) | 2), Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void A_return_to_another_task_is_refused(int bits)
    {
        const ulong NestedTask = 1UL << 14;
        using Guest guest = bits == 64 ? Guest.Long() : Guest.Protected();
        guest.HaltOnExceptions();
        guest.Write(Guest.Code, bits == 64 ? [0x48, 0xCF] : [0xCF]);
        guest.SetRegs(static regs => regs with { Rflags = NestedTask | 2 });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, 0UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    // CPUID does not report the mode: IRET that would enter it is refused, and so is CR4.VME.
    [Fact]
    public void Virtual_8086_mode_is_refused()
    {
        const int VirtualMode = 1 << 17;
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        ulong iret = guest.Assemble(static assembler =>
        {
            assembler.push(VirtualMode | 2);
            assembler.push(0);
            assembler.push(0x1000);
        });
        guest.Write(iret, 0xCF);
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, 0UL, iret), (frame.Vector, frame.Error, frame.Rip));
    }

    // The program meets the first exception; on the way to its handler is the second.
    static Guest Create(int first, int second)
    {
        Guest guest = Guest.Long();
        guest.HaltOnExceptions(stackTable: 1);
        guest.Write(Guest.Task + 0x24, 0x5_0000UL);
        guest.Tables.Map(Unmapped, 0, 0);
        guest.Tables.Map(Unmapped - 0x1000, 0, 0);
        Break(guest, first, second);
        guest.Assemble(assembler =>
        {
            switch (first)
            {
                case DivideError:
                    assembler.div(rcx);
                    break;
                case InvalidOpcode:
                    assembler.ud2();
                    break;
                case GeneralProtection:
                    assembler.mov(rax, __[rbx]);
                    break;
                default:
                    assembler.mov(rax, __[Unmapped]);
                    break;
            }
        });
        guest.SetRegs(static regs => regs with { Rbx = Bad });
        return guest;
    }

    static void Break(Guest guest, int vector, int second)
    {
        ulong gate = Guest.Idt + ((ulong)vector * 16);
        switch (second)
        {
            case SegmentNotPresent:
                guest.Write(gate + 5, (byte)0x0E);
                break;
            case GeneralProtection:
                guest.Write(gate + 2, (ushort)0);
                break;
            default:
                guest.Write(gate + 4, (byte)2);
                guest.Write(Guest.Task + 0x24 + 8, second == PageFault ? Unmapped : Bad);
                break;
        }
    }
}
