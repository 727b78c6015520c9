using System;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operations;

/// <summary>mov r, r/imm.</summary>
sealed class MoveRegister<TSize, TSource>(int destination, TSource source) : Operation
    where TSize : struct, IOperandSize
    where TSource : struct, ISource
{
    internal override bool Execute(Cpu cpu)
    {
        ref Registers registers = ref cpu.State.Registers;
        TSize.Write(ref registers, destination, source.Read<TSize>(ref registers));
        return true;
    }

    internal override FlagUse FlagUse => FlagUse.Ignores;

    internal override void Emit(RegionEmitter code)
    {
        source.Push<TSize>(code);
        code.PopRegister<TSize>(destination);
    }
}

/// <summary>mov r, m.</summary>
sealed class Load<TSize, TAddressing>(int destination, Address address) : Operation
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        if (!TAddressing.TryLinear(cpu, in _address, TSize.Bits / 8, false, out ulong linear)
            || !TSize.TryLoad(cpu, linear, out ulong value))
        {
            return false;
        }
        TSize.Write(ref cpu.State.Registers, destination, value);
        return true;
    }

    internal override void Emit(RegionEmitter code)
    {
        if (!code.TryLoad<TSize, TAddressing>(in _address))
            return;
        code.PushValue();
        code.PopRegister<TSize>(destination);
    }
}

/// <summary>mov m, r/imm.</summary>
sealed class Store<TSize, TAddressing, TSource>(Address address, TSource source) : Operation
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
    where TSource : struct, ISource
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu) =>
        TAddressing.TryLinear(cpu, in _address, TSize.Bits / 8, true, out ulong linear)
        && TSize.TryStore(cpu, linear, source.Read<TSize>(ref cpu.State.Registers))
        && cpu.Proceed;

    internal override void Emit(RegionEmitter code)
    {
        if (!code.TryPushLinear<TAddressing>(in _address))
            return;
        code.PopLinear();
        source.Push<TSize>(code);
        code.PopValue();
        code.Store<TSize>();
        code.Proceed();
    }
}

/// <summary>How a narrow value becomes a wide one.</summary>
interface IExtension
{
    static abstract ulong Extend<TFrom>(ulong value)
        where TFrom : struct, IOperandSize;
}

readonly struct ZeroExtension : IExtension
{
    public static ulong Extend<TFrom>(ulong value)
        where TFrom : struct, IOperandSize => value;
}

readonly struct SignExtension : IExtension
{
    public static ulong Extend<TFrom>(ulong value)
        where TFrom : struct, IOperandSize => (ulong)TFrom.SignExtend(value);
}

/// <summary>movzx/movsx/movsxd r, r.</summary>
sealed class ExtendRegister<TExtension, TSize, TFrom>(int destination, int source) : Operation
    where TExtension : struct, IExtension
    where TSize : struct, IOperandSize
    where TFrom : struct, IOperandSize
{
    internal override bool Execute(Cpu cpu)
    {
        ref Registers registers = ref cpu.State.Registers;
        TSize.Write(ref registers, destination, TExtension.Extend<TFrom>(TFrom.Read(ref registers, source)));
        return true;
    }

    internal override FlagUse FlagUse => FlagUse.Ignores;

    internal override void Emit(RegionEmitter code)
    {
        code.PushRegister<TFrom>(source);
        code.Call((Func<ulong, ulong>)TExtension.Extend<TFrom>);
        code.PopRegister<TSize>(destination);
    }
}

/// <summary>movzx/movsx/movsxd r, m.</summary>
sealed class ExtendMemory<TExtension, TSize, TFrom, TAddressing>(int destination, Address address) : Operation
    where TExtension : struct, IExtension
    where TSize : struct, IOperandSize
    where TFrom : struct, IOperandSize
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        if (!TAddressing.TryLinear(cpu, in _address, TFrom.Bits / 8, false, out ulong linear)
            || !TFrom.TryLoad(cpu, linear, out ulong value))
        {
            return false;
        }
        TSize.Write(ref cpu.State.Registers, destination, TExtension.Extend<TFrom>(value));
        return true;
    }

    internal override void Emit(RegionEmitter code)
    {
        if (!code.TryLoad<TFrom, TAddressing>(in _address))
            return;
        code.PushValue();
        code.Call((Func<ulong, ulong>)TExtension.Extend<TFrom>);
        code.PopRegister<TSize>(destination);
    }
}

/// <summary>lea r, m.</summary>
sealed class LoadAddress<TSize>(int destination, Address address) : Operation
    where TSize : struct, IOperandSize
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        TSize.Write(ref cpu.State.Registers, destination, _address.Offset(ref cpu.State.Registers));
        return true;
    }

    internal override FlagUse FlagUse => FlagUse.Ignores;

    internal override void Emit(RegionEmitter code)
    {
        code.PushOffset(in _address);
        code.PopRegister<TSize>(destination);
    }
}
