using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Operations;

/// <summary>AAA, AAS, AAM, AAD, DAA, DAS: decimal digits, outside 64-bit code.</summary>
static class DecimalInstructions
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Aaa, InterpretedOperation.Of(AdjustAddition));
        InstructionTable.Add(Mnemonic.Aas, InterpretedOperation.Of(AdjustSubtraction));
        InstructionTable.Add(Mnemonic.Aam, InterpretedOperation.Of(SplitDigits));
        InstructionTable.Add(Mnemonic.Aad, InterpretedOperation.Of(JoinDigits));
        InstructionTable.Add(Mnemonic.Daa, InterpretedOperation.Of(AdjustPackedAddition));
        InstructionTable.Add(Mnemonic.Das, InterpretedOperation.Of(AdjustPackedSubtraction));
    }

    static bool AdjustAddition(Cpu cpu, in Instruction instruction) => Adjust(cpu, 0x106);

    static bool AdjustSubtraction(Cpu cpu, in Instruction instruction) => Adjust(cpu, unchecked((ulong)-0x106));

    static bool Adjust(Cpu cpu, ulong step)
    {
        ulong ax = (ushort)cpu.State.Registers[Register.Rax];
        bool adjusts = (ax & 0xF) > 9 || (cpu.State.Flags.Value & RFlags.AF) != 0;
        if (adjusts)
            ax += step;
        ax &= 0xFF0F;
        Word16.Write(ref cpu.State.Registers, Register.Rax, ax);
        cpu.State.Flags.SetExplicit((sbyte)ax, adjusts ? RFlags.AF | RFlags.CF : 0);
        return true;
    }

    static bool SplitDigits(Cpu cpu, in Instruction instruction)
    {
        ulong divisor = instruction.Immediate8;
        if (divisor == 0)
            return cpu.Raise(Vector.DivideError);
        ulong al = (byte)cpu.State.Registers[Register.Rax];
        Word16.Write(ref cpu.State.Registers, Register.Rax, ((al / divisor) << 8) | (al % divisor));
        cpu.State.Flags.SetLogic((sbyte)(al % divisor));
        return true;
    }

    static bool JoinDigits(Cpu cpu, in Instruction instruction)
    {
        ulong ax = (ushort)cpu.State.Registers[Register.Rax];
        ulong al = (byte)((ax & 0xFF) + ((ax >> 8) * instruction.Immediate8));
        Word16.Write(ref cpu.State.Registers, Register.Rax, al);
        cpu.State.Flags.SetLogic((sbyte)al);
        return true;
    }

    static bool AdjustPackedAddition(Cpu cpu, in Instruction instruction) => AdjustPacked(cpu, isAddition: true);

    static bool AdjustPackedSubtraction(Cpu cpu, in Instruction instruction) => AdjustPacked(cpu, isAddition: false);

    static bool AdjustPacked(Cpu cpu, bool isAddition)
    {
        int sign = isAddition ? 1 : -1;
        ulong flags = cpu.State.Flags.Value;
        int al = (byte)cpu.State.Registers[Register.Rax];
        int result = al;
        bool carry = false;
        bool auxiliary = (al & 0xF) > 9 || (flags & RFlags.AF) != 0;
        if (auxiliary)
        {
            result += sign * 6;
            carry = (flags & RFlags.CF) != 0 || (byte)result != result;
        }
        if (al > 0x99 || (flags & RFlags.CF) != 0)
        {
            result += sign * 0x60;
            carry = true;
        }
        else if (isAddition)
        {
            carry = false;
        }
        Byte8.Write(ref cpu.State.Registers, Register.Rax, (ulong)result);
        cpu.State.Flags.SetExplicit((sbyte)result, (carry ? RFlags.CF : 0) | (auxiliary ? RFlags.AF : 0));
        return true;
    }
}
