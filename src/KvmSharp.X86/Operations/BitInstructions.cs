using Iced.Intel;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using Bit = System.Numerics.BitOperations;

namespace KvmSharp.X86.Operations;

/// <summary>BT, BTS, BTR, BTC, BSF, BSR, TZCNT, LZCNT, POPCNT, and the rest of BMI1, BMI2 and ADX.</summary>
static class BitInstructions
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Bt, Test<BitTestOperation>);
        InstructionTable.Add(Mnemonic.Bts, Test<BitSetOperation>);
        InstructionTable.Add(Mnemonic.Btr, Test<BitResetOperation>);
        InstructionTable.Add(Mnemonic.Btc, Test<BitComplementOperation>);
        InstructionTable.Add(Mnemonic.Bsf, InterpretedOperation.Of(Scan));
        InstructionTable.Add(Mnemonic.Bsr, InterpretedOperation.Of(Scan));
        InstructionTable.Add(Mnemonic.Tzcnt, BinaryFactory.Make<TrailingZerosOperation>);
        InstructionTable.Add(Mnemonic.Lzcnt, BinaryFactory.Make<LeadingZerosOperation>);
        InstructionTable.Add(Mnemonic.Popcnt, BinaryFactory.Make<PopulationCountOperation>);
        InstructionTable.Add(Mnemonic.Andn, InterpretedOperation.Of(AndNot));
        InstructionTable.Add(Mnemonic.Bextr, InterpretedOperation.Of(Extract));
        InstructionTable.Add(Mnemonic.Blsi, InterpretedOperation.Of(LowestBit));
        InstructionTable.Add(Mnemonic.Blsmsk, InterpretedOperation.Of(LowestBit));
        InstructionTable.Add(Mnemonic.Blsr, InterpretedOperation.Of(LowestBit));
        InstructionTable.Add(Mnemonic.Bzhi, InterpretedOperation.Of(ZeroHigh));
        InstructionTable.Add(Mnemonic.Pdep, InterpretedOperation.Of(Deposit));
        InstructionTable.Add(Mnemonic.Pext, InterpretedOperation.Of(Gather));
        InstructionTable.Add(Mnemonic.Adcx, InterpretedOperation.Of(AddWithOneFlag));
        InstructionTable.Add(Mnemonic.Adox, InterpretedOperation.Of(AddWithOneFlag));
    }

    // With a register that names a bit of memory, the bit may lie anywhere around the address.
    static DecodedInstruction? Test<TOperation>(in Decoded decoded)
        where TOperation : struct, IBinaryOperation =>
        decoded.IsMemory(0) && decoded.IsRegister(1)
            ? new InterpretedOperation(in decoded, TestInString<TOperation>)
            : BinaryFactory.Make<TOperation>(in decoded);

    static bool TestInString<TOperation>(Cpu cpu, in Instruction instruction)
        where TOperation : struct, IBinaryOperation => cpu.BitsOf(in instruction, 0) switch
        {
            16 => TestInString<TOperation, Word16>(cpu, in instruction),
            32 => TestInString<TOperation, Dword32>(cpu, in instruction),
            _ => TestInString<TOperation, Qword64>(cpu, in instruction),
        };

    static bool TestInString<TOperation, TSize>(Cpu cpu, in Instruction instruction)
        where TOperation : struct, IBinaryOperation
        where TSize : struct, IOperandSize
    {
        ulong bit = cpu.ReadRegister(instruction.Op1Register);
        long displacement = TSize.SignExtend(bit) / TSize.Bits * (TSize.Bits / 8);
        if (TSize.SignExtend(bit) < 0 && (bit & (ulong)(TSize.Bits - 1)) != 0)
            displacement -= TSize.Bits / 8;
        if (!cpu.TryLinear(in instruction, displacement, TSize.Bits / 8, TOperation.Writes, out ulong linear))
            return false;
        ulong value;
        LazyFlags flags = cpu.State.Flags;
        if (!TOperation.Writes)
        {
            if (!TSize.TryLoad(cpu, linear, out value))
                return false;
            TOperation.Apply<TSize>(ref cpu.State.Flags, value, bit);
            return true;
        }
        if (!TSize.TryLoadForUpdate(cpu, linear, out value))
            return false;
        ulong result = TOperation.Apply<TSize>(ref flags, value, bit);
        if (!instruction.HasLockPrefix)
        {
            if (!TSize.TryStore(cpu, linear, result))
                return false;
            cpu.State.Flags = flags;
            return true;
        }
        while (true)
        {
            if (!TSize.TryCompareExchange(cpu, linear, result, value, out ulong original))
                return false;
            if (original == value)
                break;
            value = original;
            flags = cpu.State.Flags;
            result = TOperation.Apply<TSize>(ref flags, value, bit);
        }
        cpu.State.Flags = flags;
        return true;
    }

    // Of zero, the destination stays as it is, the upper half too.
    static bool Scan(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRead(in instruction, 1, out ulong value))
            return false;
        if (value != 0)
        {
            int found = instruction.Mnemonic == Mnemonic.Bsf ? Bit.TrailingZeroCount(value) : Bit.Log2(value);
            cpu.WriteRegister(instruction.Op0Register, (ulong)found);
        }
        cpu.State.Flags.SetLogic((long)value);
        return true;
    }

    static bool AndNot(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRead(in instruction, 2, out ulong right))
            return false;
        ulong result = ~cpu.ReadRegister(instruction.Op1Register) & right;
        cpu.WriteRegister(instruction.Op0Register, result);
        cpu.State.Flags.SetLogic(Cpu.SignExtend(result, cpu.BitsOf(in instruction, 0)));
        return true;
    }

    static bool Extract(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 1, out ulong value))
            return false;
        ulong control = cpu.ReadRegister(instruction.Op2Register);
        int start = (byte)control;
        int length = (byte)(control >> 8);
        ulong result = start >= bits ? 0 : value >> start;
        if (length < bits)
            result &= (1UL << length) - 1;
        cpu.WriteRegister(instruction.Op0Register, result);
        cpu.State.Flags.SetLogic(Cpu.SignExtend(result, bits));
        return true;
    }

    // BLSI, BLSMSK, BLSR: what subtracting one does around the lowest bit.
    static bool LowestBit(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 1, out ulong value))
            return false;
        (ulong result, bool carry) = instruction.Mnemonic switch
        {
            Mnemonic.Blsi => (value & (0 - value), value != 0),
            Mnemonic.Blsmsk => (value ^ (value - 1), value == 0),
            _ => (value & (value - 1), value == 0),
        };
        cpu.WriteRegister(instruction.Op0Register, result);
        cpu.State.Flags.SetExplicit(Cpu.SignExtend(result, bits), carry ? RFlags.CF : 0);
        return true;
    }

    static bool ZeroHigh(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 1, out ulong value))
            return false;
        int index = (byte)cpu.ReadRegister(instruction.Op2Register);
        ulong result = index >= bits ? value : value & ((1UL << index) - 1);
        cpu.WriteRegister(instruction.Op0Register, result);
        cpu.State.Flags.SetExplicit(Cpu.SignExtend(result, bits), index >= bits ? RFlags.CF : 0);
        return true;
    }

    static bool Deposit(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRead(in instruction, 2, out ulong mask))
            return false;
        ulong value = cpu.ReadRegister(instruction.Op1Register);
        ulong result = 0;
        for (; mask != 0; mask &= mask - 1, value >>= 1)
            result |= (value & 1) << Bit.TrailingZeroCount(mask);
        cpu.WriteRegister(instruction.Op0Register, result);
        return true;
    }

    static bool Gather(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRead(in instruction, 2, out ulong mask))
            return false;
        ulong value = cpu.ReadRegister(instruction.Op1Register);
        ulong result = 0;
        for (int place = 0; mask != 0; mask &= mask - 1, place++)
            result |= ((value >> Bit.TrailingZeroCount(mask)) & 1) << place;
        cpu.WriteRegister(instruction.Op0Register, result);
        return true;
    }

    // ADCX goes by CF alone and ADOX by OF alone, in and out.
    static bool AddWithOneFlag(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 1, out ulong right))
            return false;
        ulong flag = instruction.Mnemonic == Mnemonic.Adcx ? RFlags.CF : RFlags.OF;
        ulong carry = (cpu.State.Flags.Value & flag) != 0 ? 1UL : 0;
        System.UInt128 sum = (System.UInt128)cpu.ReadRegister(instruction.Op0Register) + right + carry;
        cpu.WriteRegister(instruction.Op0Register, (ulong)sum);
        cpu.State.Flags.Replace(flag, sum >> bits != 0 ? flag : 0);
        return true;
    }
}
