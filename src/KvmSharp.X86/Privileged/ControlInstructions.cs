using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;
using IcedRegister = Iced.Intel.Register;

namespace KvmSharp.X86.Privileged;

/// <summary>Control and debug registers, CLTS, LMSW, SMSW, INVLPG.</summary>
static class ControlInstructions
{
    internal static void Enter()
    {
        foreach (Code code in new[] { Code.Mov_r32_cr, Code.Mov_r64_cr })
            InstructionTable.Add(code, InterpretedOperation.Of(ReadControl));
        foreach (Code code in new[] { Code.Mov_cr_r32, Code.Mov_cr_r64 })
            InstructionTable.Add(code, InterpretedTransfer.Of(WriteControl));
        foreach (Code code in new[] { Code.Mov_r32_dr, Code.Mov_r64_dr })
            InstructionTable.Add(code, InterpretedTransfer.Of(ReadDebug));
        foreach (Code code in new[] { Code.Mov_dr_r32, Code.Mov_dr_r64 })
            InstructionTable.Add(code, InterpretedTransfer.Of(WriteDebug));
        // Test registers are gone since the Pentium.
        foreach (Code code in new[] { Code.Mov_r32_tr, Code.Mov_tr_r32 })
            InstructionTable.Add(code, (in Decoded _) => null);
        InstructionTable.Add(Mnemonic.Clts, InterpretedTransfer.Of(ClearTaskSwitched));
        InstructionTable.Add(Mnemonic.Lmsw, InterpretedTransfer.Of(LoadStatusWord));
        InstructionTable.Add(Mnemonic.Smsw, InterpretedOperation.Of(StoreStatusWord));
        InstructionTable.Add(Mnemonic.Invlpg, InterpretedTransfer.Of(InvalidatePage));
    }

    static bool ReadControl(Cpu cpu, in Instruction instruction)
    {
        ulong value;
        switch (instruction.Op1Register)
        {
            case IcedRegister.CR0:
                value = cpu.State.Cr0;
                break;
            case IcedRegister.CR2:
                value = cpu.State.Cr2;
                break;
            case IcedRegister.CR3:
                value = cpu.State.Cr3;
                break;
            case IcedRegister.CR4:
                value = cpu.State.Cr4;
                break;
            case IcedRegister.CR8:
                value = cpu.TaskPriority;
                break;
            default:
                return cpu.Raise(Vector.InvalidOpcode);
        }
        if (!cpu.TryRequireSupervisor())
            return false;
        cpu.WriteRegister(instruction.Op0Register, value);
        return true;
    }

    static bool WriteControl(Cpu cpu, in Instruction instruction)
    {
        ulong value = cpu.ReadRegister(instruction.Op1Register);
        if (instruction.Op0Register is not (IcedRegister.CR0 or IcedRegister.CR2 or IcedRegister.CR3 or IcedRegister.CR4
            or IcedRegister.CR8))
        {
            return cpu.Raise(Vector.InvalidOpcode);
        }
        if (!cpu.TryRequireSupervisor())
            return false;
        switch (instruction.Op0Register)
        {
            case IcedRegister.CR0:
                return cpu.TrySetCr0(value);
            case IcedRegister.CR2:
                cpu.State.Cr2 = value;
                return true;
            case IcedRegister.CR3:
                return cpu.TrySetCr3(value);
            case IcedRegister.CR4:
                return cpu.TrySetCr4(value);
            default:
                if (value > 15)
                    return cpu.Raise(Vector.GeneralProtection, 0);
                cpu.TaskPriority = value;
                return true;
        }
    }

    static bool TryReachDebug(Cpu cpu, IcedRegister register, out int number)
    {
        number = register - IcedRegister.DR0;
        // DR4 and DR5 are others' names, unless debugging extensions are on.
        if (number is 4 or 5)
        {
            if ((cpu.State.Cr4 & Cr4.DE) != 0)
                return cpu.Raise(Vector.InvalidOpcode);
            number += 2;
        }
        if (number > 7)
            return cpu.Raise(Vector.InvalidOpcode);
        if (!cpu.TryRequireSupervisor())
            return false;
        if ((cpu.State.Dr7 & DebugBits.GD) != 0)
        {
            cpu.NoteDebugAccess();
            return cpu.Raise(Vector.Debug);
        }
        return true;
    }

    static bool ReadDebug(Cpu cpu, in Instruction instruction)
    {
        if (!TryReachDebug(cpu, instruction.Op1Register, out int number))
            return false;
        cpu.WriteRegister(instruction.Op0Register, number switch
        {
            6 => cpu.State.Dr6,
            7 => cpu.State.Dr7,
            _ => cpu.State.BreakpointAddress[number & 3],
        });
        return true;
    }

    static bool WriteDebug(Cpu cpu, in Instruction instruction)
    {
        if (!TryReachDebug(cpu, instruction.Op0Register, out int number))
            return false;
        ulong value = cpu.ReadRegister(instruction.Op1Register);
        if (number < 4)
        {
            // Any value: one that is no address is never met.
            cpu.State.BreakpointAddress[number] = value;
            return true;
        }
        if (value >> 32 != 0)
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (number == 6)
            cpu.State.Dr6 = (value & DebugBits.Dr6Defined) | DebugBits.Dr6AlwaysSet;
        else
            cpu.State.Dr7 = (value & DebugBits.Dr7Defined) | DebugBits.Dr7AlwaysSet;
        return true;
    }

    static bool ClearTaskSwitched(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRequireSupervisor())
            return false;
        cpu.State.Cr0 &= ~Cr0.TS;
        return true;
    }

    static bool LoadStatusWord(Cpu cpu, in Instruction instruction)
    {
        const ulong Loaded = Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS;
        if (!cpu.TryRequireSupervisor())
            return false;
        ulong value;
        if (instruction.Op0Kind == OpKind.Register)
            value = cpu.ReadRegister(instruction.Op0Register);
        else if (!cpu.TryLinear(in instruction, 2, write: false, out ulong linear) || !cpu.TryLoadBits(linear, 16, out value))
            return false;
        // It can enter protected mode, but not leave it.
        return cpu.TrySetCr0((cpu.State.Cr0 & ~(Loaded & ~Cr0.PE)) | (value & Loaded));
    }

    static bool StoreStatusWord(Cpu cpu, in Instruction instruction)
    {
        if (!TableInstructions.TryAllowUser(cpu))
            return false;
        if (instruction.Op0Kind == OpKind.Memory)
            return cpu.TryLinear(in instruction, 2, write: true, out ulong linear) && cpu.TryStoreBits(linear, 16, cpu.State.Cr0);
        cpu.WriteRegister(instruction.Op0Register, cpu.State.Cr0);
        return true;
    }

    // An address that is none does nothing; the segment's limit is not looked at.
    static bool InvalidatePage(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRequireSupervisor())
            return false;
        ulong linear = cpu.LinearOf(in instruction);
        if (!cpu.IsLong64 || cpu.IsCanonical(linear))
            cpu.FlushPage(linear);
        return true;
    }
}
