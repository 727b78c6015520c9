using Iced.Intel;
using KvmSharp.X86.Operands;
using IcedRegister = Iced.Intel.Register;

namespace KvmSharp.X86.Operations;

/// <summary>SHL, SHR, SAR, ROL, ROR, RCL, RCR, SHLD, SHRD, and those of BMI2 without flags.</summary>
static class ShiftInstructions
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Shl, Shift<ShiftLeftOperation>);
        InstructionTable.Add(Mnemonic.Sal, Shift<ShiftLeftOperation>);
        InstructionTable.Add(Mnemonic.Shr, Shift<ShiftRightOperation>);
        InstructionTable.Add(Mnemonic.Sar, Shift<ShiftArithmeticOperation>);
        InstructionTable.Add(Mnemonic.Rol, Shift<RotateLeftOperation>);
        InstructionTable.Add(Mnemonic.Ror, Shift<RotateRightOperation>);
        InstructionTable.Add(Mnemonic.Rcl, Shift<RotateCarryLeftOperation>);
        InstructionTable.Add(Mnemonic.Rcr, Shift<RotateCarryRightOperation>);
        InstructionTable.Add(Mnemonic.Shld, InterpretedOperation.Of(ShiftLeftDouble));
        InstructionTable.Add(Mnemonic.Shrd, InterpretedOperation.Of(ShiftRightDouble));
        InstructionTable.Add(Mnemonic.Shlx, InterpretedOperation.Of(ShiftWithoutFlags));
        InstructionTable.Add(Mnemonic.Shrx, InterpretedOperation.Of(ShiftWithoutFlags));
        InstructionTable.Add(Mnemonic.Sarx, InterpretedOperation.Of(ShiftWithoutFlags));
        InstructionTable.Add(Mnemonic.Rorx, InterpretedOperation.Of(ShiftWithoutFlags));
    }

    static DecodedInstruction? Shift<TOperation>(in Decoded decoded)
        where TOperation : struct, IBinaryOperation => decoded.Instruction.Op1Register == IcedRegister.CL
            ? BinaryFactory.Make<TOperation, CountSource>(in decoded, default)
            : BinaryFactory.Make<TOperation, ImmediateSource>(in decoded, new ImmediateSource(decoded.ImmediateOf(1)));

    static bool ShiftLeftDouble(Cpu cpu, in Instruction instruction) => ShiftDouble(cpu, in instruction, isLeft: true);

    static bool ShiftRightDouble(Cpu cpu, in Instruction instruction) => ShiftDouble(cpu, in instruction, isLeft: false);

    static bool ShiftDouble(Cpu cpu, in Instruction instruction, bool isLeft)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryReadForUpdate(in instruction, 0, out ulong value, out ulong linear))
            return false;
        ulong filler = cpu.ReadRegister(instruction.Op1Register);
        ulong given = instruction.Op2Kind == OpKind.Register ? cpu.ReadRegister(IcedRegister.CL) : instruction.GetImmediate(2);
        int count = (int)given & (bits == 64 ? 63 : 31);
        if (count == 0)
            return cpu.TryWriteBack(in instruction, 0, linear, value);

        var pair = new DoubleShift(value, filler, bits);
        ulong result = isLeft ? pair.Left(count) : pair.Right(count);
        ulong carry = isLeft ? pair.OutLeft(count) : pair.OutRight(count);
        if (!cpu.TryWriteBack(in instruction, 0, linear, result))
            return false;
        ulong changed = ((result ^ value) >> (bits - 1)) & 1;
        cpu.State.Flags.SetExplicit(Cpu.SignExtend(result, bits), carry | (changed << ShiftCount.OverflowBit));
        return true;
    }

    static bool ShiftWithoutFlags(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 1, out ulong value))
            return false;
        int count = (int)(instruction.Op2Kind == OpKind.Register
            ? cpu.ReadRegister(instruction.Op2Register)
            : instruction.GetImmediate(2)) & (bits - 1);
        ulong result = instruction.Mnemonic switch
        {
            Mnemonic.Shlx => value << count,
            Mnemonic.Shrx => value >> count,
            Mnemonic.Sarx => (ulong)(Cpu.SignExtend(value, bits) >> count),
            _ => count == 0 ? value : (value >> count) | (value << (bits - count)),
        };
        cpu.WriteRegister(instruction.Op0Register, result);
        return true;
    }
}
