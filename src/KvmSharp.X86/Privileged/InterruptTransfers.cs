using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Privileged;

/// <summary>INT n, INT3, INT1, INTO and IRET.</summary>
static class InterruptTransfers
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Int, InterpretedTransfer.Of((Cpu cpu, in Instruction i) =>
            cpu.TrySoftwareInterrupt(i.Immediate8)));
        InstructionTable.Add(Mnemonic.Int3, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => Breakpoint(cpu)));
        InstructionTable.Add(Mnemonic.Int1, InterpretedTransfer.Of((Cpu cpu, in Instruction _) =>
            cpu.TrySoftwareInterrupt((byte)Vector.Debug)));
        InstructionTable.Add(Mnemonic.Into, InterpretedTransfer.Of((Cpu cpu, in Instruction _) =>
            !cpu.State.Flags.Overflow || cpu.TrySoftwareInterrupt((byte)Vector.Overflow)));
        InstructionTable.Add(Mnemonic.Iret, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => Return(cpu, 16)));
        InstructionTable.Add(Mnemonic.Iretd, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => Return(cpu, 32)));
        InstructionTable.Add(Mnemonic.Iretq, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => Return(cpu, 64)));
    }

    // A debugger's breakpoint is told with RIP still at it.
    static bool Breakpoint(Cpu cpu)
    {
        if (!cpu.Debugger.StopsAtBreakpoints)
            return cpu.TrySoftwareInterrupt((byte)Vector.Breakpoint);
        cpu.NextRip = cpu.CurrentRip;
        cpu.Exit = ExitKind.Breakpoint;
        cpu.Stop = StopReason.DoneExit;
        return true;
    }

    static bool Return(Cpu cpu, int bits)
    {
        int bytes = bits / 8;
        cpu.NmiMasked = false;
        if (cpu.IsProtected && (cpu.State.SystemFlags & RFlags.NT) != 0)
        {
            // The way back to another task, which this CPU refuses as 64-bit mode does.
            return cpu.Raise(Vector.GeneralProtection, 0);
        }
        if (!cpu.TryPeek(0, bits, out ulong offset)
            || !cpu.TryPeek(bytes, bits, out ulong code)
            || !cpu.TryPeek(2 * bytes, bits, out ulong flags))
        {
            return false;
        }
        if (!cpu.IsProtected)
        {
            cpu.StackPointer += (ulong)(3 * bytes);
            cpu.LoadRealSegment(SegmentName.Cs, (ushort)code);
            FlagTransfers.SetFlags(cpu, flags, bits, privilege: 0);
            cpu.NextRip = offset;
            return true;
        }

        int before = cpu.State.Cpl;
        var selector = new Selector((ushort)code);
        // Virtual-8086 mode is not there.
        if ((flags & RFlags.VM) != 0 && bits == 32 && before == 0 && !cpu.IsLong)
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (selector.Rpl < before)
            return cpu.Raise(Vector.GeneralProtection, selector.Error);
        if (!FarTransfers.TryCheckReturn(cpu, selector, offset, out Descriptor descriptor))
            return false;
        // 64-bit code always takes the stack along.
        if (selector.Rpl != before || cpu.IsLong64)
        {
            if (!cpu.TryPeek(3 * bytes, bits, out ulong pointer) || !cpu.TryPeek(4 * bytes, bits, out ulong stack))
                return false;
            if (!FarTransfers.TryReturnOutward(
                cpu, selector, descriptor, offset, new Selector((ushort)stack), pointer, bits, released: 0))
            {
                return false;
            }
        }
        else
        {
            cpu.StackPointer += (ulong)(3 * bytes);
            cpu.SetCode(selector, descriptor, before);
            cpu.NextRip = offset;
        }
        FlagTransfers.SetFlags(cpu, flags, bits, before);
        return true;
    }
}
