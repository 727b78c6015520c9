using System.Runtime.CompilerServices;
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
        Move(cpu, destination, source);
        return true;
    }

    internal override FlagUse FlagUse => FlagUse.Ignores;

    internal override void Emit(BlockEmitter code) => code.Call(Move, destination, source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Move(Cpu cpu, int destination, TSource source)
    {
        ref Registers registers = ref cpu.State.Registers;
        TSize.Write(ref registers, destination, source.Read<TSize>(ref registers));
    }
}

/// <summary>mov r, m.</summary>
sealed class Load<TSize, TAddressing>(int destination, Address address) : Operation
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu) =>
        TAddressing.TryLinear(cpu, in _address, TSize.Bits / 8, false, out ulong linear) && TryLoad(cpu, linear, destination);

    internal override void Emit(BlockEmitter code) => code.CallAccess<TAddressing>(TryLoad, in _address, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryLoad(Cpu cpu, ulong linear, int destination)
    {
        if (!TSize.TryLoad(cpu, linear, out ulong value))
            return false;
        TSize.Write(ref cpu.State.Registers, destination, value);
        return true;
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
        && TryStore(cpu, linear, source);

    internal override void Emit(BlockEmitter code) => code.CallAccess<TAddressing, TSource>(TryStore, in _address, source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryStore(Cpu cpu, ulong linear, TSource source) =>
        TSize.TryStore(cpu, linear, source.Read<TSize>(ref cpu.State.Registers)) && cpu.Proceed;
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
        Extend(cpu, destination, source);
        return true;
    }

    internal override FlagUse FlagUse => FlagUse.Ignores;

    internal override void Emit(BlockEmitter code) => code.Call(Extend, destination, source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Extend(Cpu cpu, int destination, int source)
    {
        ref Registers registers = ref cpu.State.Registers;
        TSize.Write(ref registers, destination, TExtension.Extend<TFrom>(TFrom.Read(ref registers, source)));
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

    internal override bool Execute(Cpu cpu) =>
        TAddressing.TryLinear(cpu, in _address, TFrom.Bits / 8, false, out ulong linear) && TryExtend(cpu, linear, destination);

    internal override void Emit(BlockEmitter code) => code.CallAccess<TAddressing>(TryExtend, in _address, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryExtend(Cpu cpu, ulong linear, int destination)
    {
        if (!TFrom.TryLoad(cpu, linear, out ulong value))
            return false;
        TSize.Write(ref cpu.State.Registers, destination, TExtension.Extend<TFrom>(value));
        return true;
    }
}

/// <summary>lea r, m.</summary>
sealed class LoadAddress<TSize>(int destination, Address address) : Operation
    where TSize : struct, IOperandSize
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        Write(cpu, _address.Offset(ref cpu.State.Registers), destination);
        return true;
    }

    internal override FlagUse FlagUse => FlagUse.Ignores;

    internal override void Emit(BlockEmitter code) => code.CallWithOffset(Write, in _address, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Write(Cpu cpu, ulong offset, int destination) => TSize.Write(ref cpu.State.Registers, destination, offset);
}
