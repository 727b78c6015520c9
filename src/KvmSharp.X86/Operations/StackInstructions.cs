using Iced.Intel;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Operations;

/// <summary>PUSH and POP of general registers and memory, PUSHA, POPA, ENTER, LEAVE, BOUND.</summary>
static class StackInstructions
{
    const int MaxNesting = 32;

    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Push, Push);
        InstructionTable.Add(Mnemonic.Pop, Pop);
        InstructionTable.Add(Mnemonic.Pusha, InterpretedOperation.Of((Cpu cpu, in Instruction _) => PushAll(cpu, 16)));
        InstructionTable.Add(Mnemonic.Pushad, InterpretedOperation.Of((Cpu cpu, in Instruction _) => PushAll(cpu, 32)));
        InstructionTable.Add(Mnemonic.Popa, InterpretedOperation.Of((Cpu cpu, in Instruction _) => PopAll(cpu, 16)));
        InstructionTable.Add(Mnemonic.Popad, InterpretedOperation.Of((Cpu cpu, in Instruction _) => PopAll(cpu, 32)));
        InstructionTable.Add(Mnemonic.Enter, InterpretedOperation.Of(EnterFrame));
        InstructionTable.Add(Mnemonic.Leave, InterpretedOperation.Of(LeaveFrame));
        InstructionTable.Add(Mnemonic.Bound, InterpretedOperation.Of(Bound));
    }

    // How much a PUSH or POP moves: Iced says so by sign.
    static int BitsOf(in Decoded decoded) => System.Math.Abs(decoded.Instruction.StackPointerIncrement) * 8;

    static DecodedInstruction? Push(in Decoded decoded)
    {
        int bits = BitsOf(in decoded);
        if (decoded.IsMemory(0))
            return new InterpretedOperation(in decoded, PushMemory) { UsesStack = decoded.UsesStack };
        return decoded.IsRegister(0)
            ? Push(in decoded, bits, new RegisterSource(decoded.RegisterOf(0)))
            : Push(in decoded, bits, new ImmediateSource(decoded.ImmediateOf(0)));
    }

    static DecodedInstruction? Push<TSource>(in Decoded decoded, int bits, TSource source)
        where TSource : struct, ISource => decoded.Mode == CodeMode.Bits64 && bits == 64
            ? new LongPush<TSource>(source) { UsesStack = true }
            : new Push<TSource>(bits, source);

    static DecodedInstruction? Pop(in Decoded decoded)
    {
        if (decoded.IsRegister(0) && decoded.Mode == CodeMode.Bits64 && BitsOf(in decoded) == 64)
            return new LongPop(decoded.RegisterOf(0)) { UsesStack = true };
        return new InterpretedOperation(in decoded, PopOperand);
    }

    static bool PushMemory(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        return cpu.TryRead(in instruction, 0, out ulong value) && cpu.TryPush(bits, value);
    }

    // An address that counts from the stack pointer counts from where it is after the pop.
    static bool PopOperand(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        ulong pointer = cpu.State.Registers[Register.Rsp];
        if (!cpu.TryPop(bits, out ulong value))
            return false;
        if (cpu.TryWrite(in instruction, 0, value))
            return true;
        cpu.State.Registers[Register.Rsp] = pointer;
        return false;
    }

    static bool PushAll(Cpu cpu, int bits)
    {
        ulong pointer = cpu.State.Registers[Register.Rsp];
        for (int register = Register.Rax; register <= Register.Rdi; register++)
        {
            ulong value = register == Register.Rsp ? pointer : cpu.State.Registers[register];
            if (!cpu.TryPush(bits, value & Cpu.MaskOf(bits)))
            {
                cpu.State.Registers[Register.Rsp] = pointer;
                return false;
            }
        }
        return true;
    }

    static bool PopAll(Cpu cpu, int bits)
    {
        System.Span<ulong> values = stackalloc ulong[8];
        int bytes = bits / 8;
        for (int place = 0; place < 8; place++)
        {
            if (!cpu.TryPeek(place * bytes, bits, out values[Register.Rdi - place]))
                return false;
        }
        for (int register = Register.Rax; register <= Register.Rdi; register++)
        {
            // The stack pointer that was pushed is passed over.
            if (register != Register.Rsp)
                cpu.WriteGeneral(register, bits, values[register]);
        }
        cpu.StackPointer += (ulong)(8 * bytes);
        return true;
    }

    static bool EnterFrame(Cpu cpu, in Instruction instruction)
    {
        int bits = System.Math.Abs(instruction.Code switch
        {
            Code.Enterw_imm16_imm8 => 16,
            Code.Enterd_imm16_imm8 => 32,
            _ => 64,
        });
        int level = instruction.Immediate8_2nd % MaxNesting;
        ulong pointer = cpu.State.Registers[Register.Rsp];
        ulong frame = cpu.State.Registers[Register.Rbp];
        if (!cpu.TryPush(bits, frame & Cpu.MaskOf(bits)) || !TryPushFrames(cpu, bits, level, frame))
        {
            cpu.State.Registers[Register.Rsp] = pointer;
            return false;
        }
        ulong made = (pointer & cpu.StackMask) - (ulong)(bits / 8);
        ulong bottom = (cpu.StackPointer - instruction.Immediate16) & cpu.StackMask;
        // The new top of the stack has to be writable, although nothing is written there.
        if (!cpu.TryLinear(SegmentName.Ss, bottom, bits / 8, write: true, out ulong linear)
            || !cpu.TryProbeWrite(linear, bits / 8))
        {
            cpu.State.Registers[Register.Rsp] = pointer;
            return false;
        }
        cpu.WriteGeneral(Register.Rbp, bits, made & cpu.StackMask);
        cpu.StackPointer = bottom;
        return true;
    }

    static bool TryPushFrames(Cpu cpu, int bits, int level, ulong frame)
    {
        if (level == 0)
            return true;
        ulong made = cpu.StackPointer;
        for (int outer = 1; outer < level; outer++)
        {
            frame -= (ulong)(bits / 8);
            ulong at = frame & cpu.StackMask;
            if (!cpu.TryLinear(SegmentName.Ss, at, bits / 8, write: false, out ulong linear)
                || !cpu.TryLoadBits(linear, bits, out ulong saved)
                || !cpu.TryPush(bits, saved))
            {
                return false;
            }
        }
        return cpu.TryPush(bits, made & Cpu.MaskOf(bits));
    }

    static bool LeaveFrame(Cpu cpu, in Instruction instruction)
    {
        int bits = instruction.Code switch
        {
            Code.Leavew => 16,
            Code.Leaved => 32,
            _ => 64,
        };
        ulong pointer = cpu.State.Registers[Register.Rsp];
        cpu.StackPointer = cpu.State.Registers[Register.Rbp];
        if (!cpu.TryPop(bits, out ulong frame))
        {
            cpu.State.Registers[Register.Rsp] = pointer;
            return false;
        }
        cpu.WriteGeneral(Register.Rbp, bits, frame);
        return true;
    }

    static bool Bound(Cpu cpu, in Instruction instruction)
    {
        int bits = instruction.Op0Register.GetSize() * 8;
        int bytes = bits / 8;
        if (!cpu.TryLinear(in instruction, 0, bytes, write: false, out ulong lower)
            || !cpu.TryLoadBits(lower, bits, out ulong low)
            || !cpu.TryLinear(in instruction, bytes, bytes, write: false, out ulong upper)
            || !cpu.TryLoadBits(upper, bits, out ulong high))
        {
            return false;
        }
        long index = Cpu.SignExtend(cpu.ReadRegister(instruction.Op0Register), bits);
        return (index >= Cpu.SignExtend(low, bits) && index <= Cpu.SignExtend(high, bits)) || cpu.Raise(Vector.BoundRange);
    }
}
