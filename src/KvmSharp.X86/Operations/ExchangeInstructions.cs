using System;
using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Operations;

/// <summary>XCHG, XADD, CMPXCHG, CMPXCHG8B, CMPXCHG16B.</summary>
static class ExchangeInstructions
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Xchg, InterpretedOperation.Of(Exchange));
        InstructionTable.Add(Mnemonic.Xadd, InterpretedOperation.Of(ExchangeAdd));
        InstructionTable.Add(Mnemonic.Cmpxchg, InterpretedOperation.Of(CompareExchange));
        InstructionTable.Add(Mnemonic.Cmpxchg8b, InterpretedOperation.Of(CompareExchange8));
        InstructionTable.Add(Mnemonic.Cmpxchg16b, InterpretedOperation.Of(CompareExchange16));
    }

    // With memory it is locked, whatever the prefix.
    static bool Exchange(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        ulong given = cpu.ReadRegister(instruction.Op1Register);
        if (instruction.Op0Kind == OpKind.Register)
        {
            ulong other = cpu.ReadRegister(instruction.Op0Register);
            cpu.WriteRegister(instruction.Op0Register, given);
            cpu.WriteRegister(instruction.Op1Register, other);
            return true;
        }
        if (!cpu.TryLinear(in instruction, bits / 8, write: true, out ulong linear)
            || !cpu.TryLoadBitsForUpdate(linear, bits, out ulong seen))
        {
            return false;
        }
        while (true)
        {
            if (!cpu.TryCompareExchangeBits(linear, bits, given, seen, out ulong original))
                return false;
            if (original == seen)
                break;
            seen = original;
        }
        cpu.WriteRegister(instruction.Op1Register, seen);
        return true;
    }

    static bool ExchangeAdd(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        ulong given = cpu.ReadRegister(instruction.Op1Register);
        if (!cpu.TryReadForUpdate(in instruction, 0, out ulong seen, out ulong linear))
            return false;
        ulong sum = seen + given;
        if (instruction.HasLockPrefix)
        {
            while (true)
            {
                if (!cpu.TryCompareExchangeBits(linear, bits, sum, seen, out ulong original))
                    return false;
                if (original == seen)
                    break;
                seen = original;
                sum = seen + given;
            }
            cpu.WriteRegister(instruction.Op1Register, seen);
        }
        else if (instruction.Op0Kind == OpKind.Register)
        {
            // The sum is written last: where both are one register, it stays.
            cpu.WriteRegister(instruction.Op1Register, seen);
            cpu.WriteRegister(instruction.Op0Register, sum);
        }
        else
        {
            if (!cpu.TryStoreBits(linear, bits, sum))
                return false;
            cpu.WriteRegister(instruction.Op1Register, seen);
        }
        cpu.State.Flags.SetAddition(Cpu.SignExtend(seen, bits), Cpu.SignExtend(given, bits), Cpu.SignExtend(sum, bits));
        return true;
    }

    static bool CompareExchange(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        ulong accumulator = cpu.State.Registers[Register.Rax] & Cpu.MaskOf(bits);
        ulong given = cpu.ReadRegister(instruction.Op1Register);
        if (!cpu.TryReadForUpdate(in instruction, 0, out ulong seen, out ulong linear))
            return false;
        if (instruction.Op0Kind == OpKind.Register)
        {
            // A 32-bit destination loses its upper half only when it is written.
            if (seen == accumulator)
                cpu.WriteRegister(instruction.Op0Register, given);
        }
        else if (instruction.HasLockPrefix)
        {
            if (!cpu.TryCompareExchangeBits(linear, bits, given, accumulator, out seen))
                return false;
        }
        else if (!cpu.TryStoreBits(linear, bits, seen == accumulator ? given : seen))
        {
            // Memory is written in either case.
            return false;
        }
        if (seen != accumulator)
            cpu.WriteGeneral(Register.Rax, bits, seen);
        long left = Cpu.SignExtend(accumulator, bits);
        long right = Cpu.SignExtend(seen, bits);
        cpu.State.Flags.SetSubtraction(left, right, Cpu.SignExtend(accumulator - seen, bits));
        return true;
    }

    static bool CompareExchange8(Cpu cpu, in Instruction instruction)
    {
        ref Registers registers = ref cpu.State.Registers;
        ulong comparand = ((ulong)(uint)registers[Register.Rdx] << 32) | (uint)registers[Register.Rax];
        ulong given = ((ulong)(uint)registers[Register.Rcx] << 32) | (uint)registers[Register.Rbx];
        if (!cpu.TryLinear(in instruction, sizeof(ulong), write: true, out ulong linear))
            return false;
        ulong seen;
        if (instruction.HasLockPrefix)
        {
            if (!Qword64.TryCompareExchange(cpu, linear, given, comparand, out seen))
                return false;
        }
        else if (!Qword64.TryLoadForUpdate(cpu, linear, out seen)
            || !Qword64.TryStore(cpu, linear, seen == comparand ? given : seen))
        {
            return false;
        }
        if (seen != comparand)
        {
            registers[Register.Rax] = (uint)seen;
            registers[Register.Rdx] = seen >> 32;
        }
        cpu.State.Flags.Replace(RFlags.ZF, seen == comparand ? RFlags.ZF : 0);
        return true;
    }

    // No host has an atomic operation of 16 bytes that .NET offers: the other CPUs stand still meanwhile.
    static bool CompareExchange16(Cpu cpu, in Instruction instruction)
    {
        const int Bytes = 16;
        ref Registers registers = ref cpu.State.Registers;
        var comparand = new UInt128(registers[Register.Rdx], registers[Register.Rax]);
        var given = new UInt128(registers[Register.Rcx], registers[Register.Rbx]);
        if (!cpu.TryLinear(in instruction, Bytes, write: true, out ulong linear))
            return false;
        if ((linear & (Bytes - 1)) != 0)
            return cpu.Raise(Vector.GeneralProtection, 0);
        // What can fault does so before anybody has to stand still.
        if (!cpu.TryProbeWrite(linear, Bytes))
            return false;
        UInt128 seen;
        if (instruction.HasLockPrefix)
        {
            using (cpu.Environment.Exclusive.Enter(cpu))
            {
                if (!TrySwap(cpu, linear, comparand, given, out seen))
                    return false;
            }
        }
        else if (!TrySwap(cpu, linear, comparand, given, out seen))
        {
            return false;
        }
        if (seen != comparand)
        {
            registers[Register.Rax] = (ulong)seen;
            registers[Register.Rdx] = (ulong)(seen >> 64);
        }
        cpu.State.Flags.Replace(RFlags.ZF, seen == comparand ? RFlags.ZF : 0);
        return true;
    }

    static bool TrySwap(Cpu cpu, ulong linear, UInt128 comparand, UInt128 given, out UInt128 seen) =>
        cpu.TryLoadForUpdate(linear, 16, out seen) && cpu.TryStore(linear, 16, seen == comparand ? given : seen);
}
