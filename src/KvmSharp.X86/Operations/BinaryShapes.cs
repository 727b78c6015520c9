using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operations;

// The operand shapes of IBinaryOperation: register or memory first, register, constant or memory second.

/// <summary>op r, r/imm.</summary>
sealed class BinaryRegister<TOperation, TSize, TSource>(int destination, TSource source) : Operation
    where TOperation : struct, IBinaryOperation
    where TSize : struct, IOperandSize
    where TSource : struct, ISource
{
    internal override bool Execute(Cpu cpu)
    {
        ref Registers registers = ref cpu.State.Registers;
        ulong left = TSize.Read(ref registers, destination);
        ulong result = TOperation.Apply<TSize>(ref cpu.State.Flags, left, source.Read<TSize>(ref registers));
        if (TOperation.Writes)
            TSize.Write(ref registers, destination, result);
        return true;
    }

    internal override FlagUse FlagUse => TOperation.FlagUse;

    internal override void Emit(RegionEmitter code)
    {
        if (!TOperation.Writes && !code.FlagsAreSeen)
            return;
        code.BeginCompute<TOperation>();
        code.PushRegister<TSize>(destination);
        source.Push<TSize>(code);
        code.EndCompute<TOperation, TSize>();
        if (TOperation.Writes)
            code.PopRegister<TSize>(destination);
        else
            code.Drop();
    }
}

/// <summary>op r, r, imm: the destination is no operand.</summary>
sealed class BinaryThree<TOperation, TSize>(int destination, int left, ulong right) : Operation
    where TOperation : struct, IBinaryOperation
    where TSize : struct, IOperandSize
{
    internal override bool Execute(Cpu cpu)
    {
        ref Registers registers = ref cpu.State.Registers;
        ulong result = TOperation.Apply<TSize>(
            ref cpu.State.Flags, TSize.Read(ref registers, left), TSize.Truncate(right));
        TSize.Write(ref registers, destination, result);
        return true;
    }

    internal override FlagUse FlagUse => TOperation.FlagUse;

    internal override void Emit(RegionEmitter code)
    {
        code.BeginCompute<TOperation>();
        code.PushRegister<TSize>(left);
        code.PushConstant(TSize.Truncate(right));
        code.EndCompute<TOperation, TSize>();
        code.PopRegister<TSize>(destination);
    }
}

/// <summary>op r, m.</summary>
sealed class BinaryRegisterMemory<TOperation, TSize, TAddressing>(int destination, Address address) : Operation
    where TOperation : struct, IBinaryOperation
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        if (!TAddressing.TryLinear(cpu, in _address, TSize.Bits / 8, false, out ulong linear)
            || !TSize.TryLoad(cpu, linear, out ulong right))
        {
            return false;
        }
        ref Registers registers = ref cpu.State.Registers;
        ulong left = TSize.Read(ref registers, destination);
        ulong result = TOperation.Apply<TSize>(ref cpu.State.Flags, left, right);
        if (TOperation.Writes)
            TSize.Write(ref registers, destination, result);
        return true;
    }

    internal override void Emit(RegionEmitter code)
    {
        if (!code.TryLoad<TSize, TAddressing>(in _address))
            return;
        if (!TOperation.Writes && !code.FlagsAreSeen)
            return;
        code.BeginCompute<TOperation>();
        code.PushRegister<TSize>(destination);
        code.PushValue();
        code.EndCompute<TOperation, TSize>();
        if (TOperation.Writes)
            code.PopRegister<TSize>(destination);
        else
            code.Drop();
    }
}

/// <summary>op m, r/imm.</summary>
sealed class BinaryMemory<TOperation, TSize, TAddressing, TSource>(Address address, TSource source) : Operation
    where TOperation : struct, IBinaryOperation
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
    where TSource : struct, ISource
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        if (!TAddressing.TryLinear(cpu, in _address, TSize.Bits / 8, TOperation.Writes, out ulong linear))
            return false;
        ulong right = source.Read<TSize>(ref cpu.State.Registers);
        ulong left;
        if (!TOperation.Writes)
        {
            if (!TSize.TryLoad(cpu, linear, out left))
                return false;
            TOperation.Apply<TSize>(ref cpu.State.Flags, left, right);
            return true;
        }
        if (!TSize.TryLoadForUpdate(cpu, linear, out left))
            return false;
        LazyFlags flags = cpu.State.Flags;
        ulong result = TOperation.Apply<TSize>(ref flags, left, right);
        if (!TSize.TryStore(cpu, linear, result))
            return false;
        cpu.State.Flags = flags;
        return cpu.Proceed;
    }

    internal override void Emit(RegionEmitter code)
    {
        if (!code.TryLoad<TSize, TAddressing>(in _address, forUpdate: TOperation.Writes))
            return;
        if (!TOperation.Writes && !code.FlagsAreSeen)
            return;
        code.BeginCompute<TOperation>(aside: TOperation.Writes);
        code.PushValue();
        source.Push<TSize>(code);
        code.EndCompute<TOperation, TSize>();
        if (!TOperation.Writes)
        {
            code.Drop();
            return;
        }
        code.PopValue();
        code.Store<TSize>();
        code.KeepFlags();
        code.Proceed();
    }
}

/// <summary>lock op m, r/imm: retried until nobody came between.</summary>
sealed class LockedBinaryMemory<TOperation, TSize, TAddressing, TSource>(Address address, TSource source) : Operation
    where TOperation : struct, IBinaryOperation
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
    where TSource : struct, ISource
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        if (!TAddressing.TryLinear(cpu, in _address, TSize.Bits / 8, true, out ulong linear)
            || !TSize.TryLoadForUpdate(cpu, linear, out ulong left))
        {
            return false;
        }
        ulong right = source.Read<TSize>(ref cpu.State.Registers);
        while (true)
        {
            LazyFlags flags = cpu.State.Flags;
            ulong result = TOperation.Apply<TSize>(ref flags, left, right);
            if (!TSize.TryCompareExchange(cpu, linear, result, left, out ulong original))
                return false;
            if (original == left)
            {
                cpu.State.Flags = flags;
                return cpu.Proceed;
            }
            left = original;
        }
    }
}
