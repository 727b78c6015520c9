using KvmSharp.X86.Blocks;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operations;

/// <summary>Jcc to a place relative to the block.</summary>
sealed class ConditionalJump<TCondition>(ulong target, ulong mask) : Terminator
    where TCondition : struct, ICondition
{
    internal override Block? Leave(Cpu cpu, Block block) => Leave(cpu, block, TCondition.Holds(in cpu.State.Flags));

    internal override Block? Leave(Cpu cpu, Block block, bool holds)
    {
        cpu.Rip = (cpu.Rip + (holds ? target : (ulong)EndOffset)) & mask;
        return holds ? block.Taken(cpu) : block.Next(cpu);
    }

    internal override ulong? NextTarget => (ulong)EndOffset;

    internal override ulong? TakenTarget => target;

    internal override void Emit(RegionEmitter code) => code.GoToIf<TCondition>(target, (ulong)EndOffset);
}

/// <summary>JMP to a place relative to the block.</summary>
sealed class Jump(ulong target, ulong mask) : Terminator
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        cpu.Rip = (cpu.Rip + target) & mask;
        return block.Next(cpu);
    }

    internal override ulong? NextTarget => target;

    internal override void Emit(RegionEmitter code) => code.GoTo(target);
}

/// <summary>CALL of a place relative to the block, in 64-bit code.</summary>
sealed class LongCall(ulong target) : Terminator
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        ref Registers registers = ref cpu.State.Registers;
        ulong pointer = registers[Register.Rsp] - sizeof(ulong);
        if (!Qword64.TryStore(cpu, pointer, cpu.Rip + (ulong)EndOffset))
            return null;
        registers[Register.Rsp] = pointer;
        return Leave(cpu, block, holds: false);
    }

    /// <summary>The return address is pushed.</summary>
    internal override Block? Leave(Cpu cpu, Block block, bool holds)
    {
        cpu.Rip += target;
        return block.Next(cpu);
    }

    internal override ulong? NextTarget => target;

    internal override ulong? ReturnTarget => (ulong)EndOffset;

    internal override void Emit(RegionEmitter code)
    {
        code.PushRegister<Qword64>(Register.Rsp);
        code.PushConstant(unchecked((ulong)-sizeof(ulong)));
        code.Add();
        code.PopLinear();
        code.PushRip((ulong)EndOffset);
        code.PopValue();
        code.Store<Qword64>();
        code.PushLastLinear();
        code.PopRegister<Qword64>(Register.Rsp);
        code.GoToAfterStore(target);
    }
}

/// <summary>RET in 64-bit code.</summary>
/// <param name="released">Bytes of arguments that are dropped.</param>
sealed class LongReturn(int released) : Terminator
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        ref Registers registers = ref cpu.State.Registers;
        if (!Qword64.TryLoad(cpu, registers[Register.Rsp], out ulong target))
            return null;
        registers[Register.Rsp] += sizeof(ulong) + (ulong)released;
        cpu.Rip = target;
        return Leave(cpu, block, holds: false);
    }

    /// <summary>RIP is the return address already.</summary>
    internal override Block? Leave(Cpu cpu, Block block, bool holds) => block.Next(cpu);

    internal override bool Returns => true;

    internal override void Emit(RegionEmitter code)
    {
        code.PushRegister<Qword64>(Register.Rsp);
        code.Load<Qword64>();
        code.PushRegister<Qword64>(Register.Rsp);
        code.PushConstant(sizeof(ulong) + (ulong)released);
        code.Add();
        code.PopRegister<Qword64>(Register.Rsp);
        code.Return();
    }
}

/// <summary>CALL in 16-bit and 32-bit code.</summary>
sealed class SegmentedCall(ulong target, ulong mask, int bits) : Terminator
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        if (!cpu.TryPush(bits, cpu.RipAt(EndOffset)))
            return null;
        cpu.Rip = (cpu.Rip + target) & mask;
        return block.Next(cpu);
    }
}

/// <summary>Near RET, in any mode.</summary>
/// <param name="bits">Bits of the return address.</param>
/// <param name="released">Bytes of arguments that are dropped.</param>
sealed class Return(int bits, int released) : Terminator
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        if (!cpu.TryPop(bits, out ulong target))
            return null;
        cpu.StackPointer += (ulong)released;
        cpu.Rip = target;
        return cpu.FindNext();
    }
}

/// <summary>JMP r in 64-bit code.</summary>
sealed class JumpRegister<TSize>(int register) : Terminator
    where TSize : struct, IOperandSize
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        cpu.Rip = TSize.Read(ref cpu.State.Registers, register);
        return cpu.FindNext();
    }
}

/// <summary>JMP m.</summary>
sealed class JumpMemory<TSize, TAddressing>(Address address) : Terminator
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override Block? Leave(Cpu cpu, Block block)
    {
        if (!TAddressing.TryLinear(cpu, in _address, TSize.Bits / 8, false, out ulong linear)
            || !TSize.TryLoad(cpu, linear, out ulong target))
        {
            return null;
        }
        cpu.Rip = target;
        return cpu.FindNext();
    }
}

/// <summary>CALL r.</summary>
sealed class CallRegister<TSize>(int register) : Terminator
    where TSize : struct, IOperandSize
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        ulong target = TSize.Read(ref cpu.State.Registers, register);
        if (!cpu.TryPush(TSize.Bits, cpu.RipAt(EndOffset)))
            return null;
        cpu.Rip = target;
        return cpu.FindNext();
    }
}

/// <summary>CALL m.</summary>
sealed class CallMemory<TSize, TAddressing>(Address address) : Terminator
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override Block? Leave(Cpu cpu, Block block)
    {
        if (!TAddressing.TryLinear(cpu, in _address, TSize.Bits / 8, false, out ulong linear)
            || !TSize.TryLoad(cpu, linear, out ulong target)
            || !cpu.TryPush(TSize.Bits, cpu.RipAt(EndOffset)))
        {
            return null;
        }
        cpu.Rip = target;
        return cpu.FindNext();
    }
}

/// <summary>LOOP, LOOPE, LOOPNE, J(R|E)CXZ.</summary>
/// <param name="target">Where to, relative to the block.</param>
/// <param name="mask">What RIP keeps.</param>
/// <param name="counts">Whether the count is taken down first.</param>
/// <param name="wantedZero">What ZF has to be, if anything.</param>
sealed class LoopJump<TSize>(ulong target, ulong mask, bool counts, bool? wantedZero) : Terminator
    where TSize : struct, IOperandSize
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        ref Registers registers = ref cpu.State.Registers;
        ulong count = TSize.Read(ref registers, Register.Rcx);
        bool taken;
        if (counts)
        {
            count = TSize.Truncate(count - 1);
            TSize.Write(ref registers, Register.Rcx, count);
            taken = count != 0 && (wantedZero is not { } zero || cpu.State.Flags.Zero == zero);
        }
        else
        {
            taken = count == 0;
        }
        cpu.Rip = (cpu.Rip + (taken ? target : (ulong)EndOffset)) & mask;
        return taken ? block.Taken(cpu) : block.Next(cpu);
    }
}
