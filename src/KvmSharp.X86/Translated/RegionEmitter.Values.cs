using System;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using KvmSharp.X86.Operands;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Translated;

// General registers and flags in variables, and what is computed from them.
partial class RegionEmitter
{
    static readonly MethodInfo _registerAt = ((RegisterReference)RegisterAt).Method;
    static readonly MethodInfo _flagsAt = ((FlagsReference)FlagsAt).Method;

    readonly RegisterUse _use;
    readonly LocalBuilder[] _registers = new LocalBuilder[Register.General];
    readonly LocalBuilder _flags;

    // Flags that count once their instruction is done, or never.
    readonly LocalBuilder _flagsAside;
    readonly LocalBuilder _value;

    FlagSource _flagSource;

    delegate ref ulong RegisterReference(Cpu cpu, int register);

    delegate ref LazyFlags FlagsReference(Cpu cpu);

    /// <summary>Pushes a general register of a size, zero-extended.</summary>
    internal void PushRegister<TSize>(int register)
        where TSize : struct, IOperandSize
    {
        PushWhole(register);
        if (TSize.Bits == 64)
            return;
        _code.Emit(OpCodes.Ldc_I4, register);
        Call((Func<ulong, int, ulong>)TSize.Extract);
    }

    /// <summary>Pops a value, which may have anything above the size, into a general register.</summary>
    internal void PopRegister<TSize>(int register)
        where TSize : struct, IOperandSize
    {
        _use.Write(register);
        if (TSize.Bits != 64)
        {
            _code.Emit(OpCodes.Stloc, _value);
            PushWhole(register);
            _code.Emit(OpCodes.Ldc_I4, register);
            _code.Emit(OpCodes.Ldloc, _value);
            Call((Func<ulong, int, ulong, ulong>)TSize.Insert);
        }
        _code.Emit(OpCodes.Stloc, LocalOf(register));
    }

    /// <summary>Pushes the CPU.</summary>
    internal void PushCpu() => _code.Emit(OpCodes.Ldarg_1);

    /// <summary>Pushes a constant that is no guest's value.</summary>
    internal void PushNumber(int value) => _code.Emit(OpCodes.Ldc_I4, value);

    /// <summary>Pushes a constant.</summary>
    internal void PushConstant(ulong value) => _code.Emit(OpCodes.Ldc_I8, (long)value);

    /// <summary>Pushes what was loaded last, or set aside by <see cref="PopValue"/>.</summary>
    internal void PushValue() => _code.Emit(OpCodes.Ldloc, _value);

    /// <summary>Sets a value aside, until anything else is loaded or written.</summary>
    internal void PopValue() => _code.Emit(OpCodes.Stloc, _value);

    /// <summary>Calls a method on what is on the stack.</summary>
    internal void Call(Delegate method) => _code.Emit(OpCodes.Call, method.Method);

    /// <summary>Pushes whether a condition holds.</summary>
    internal void PushCondition<TCondition>()
        where TCondition : struct, ICondition
    {
        _code.Emit(OpCodes.Ldloca, _flags);
        Call(_flagSource switch
        {
            FlagSource.Subtraction => (Condition)TCondition.HoldsAfterSubtraction,
            FlagSource.Logic => TCondition.HoldsAfterLogic,
            _ => TCondition.Holds,
        });
    }

    /// <summary>Replaces the value on the stack by what another method pushes, unless a condition holds.</summary>
    internal void Choose<TCondition>(Action<RegionEmitter> otherwise)
        where TCondition : struct, ICondition
    {
        Label holds = _code.DefineLabel();
        PopValue();
        PushCondition<TCondition>();
        _code.Emit(OpCodes.Brtrue, holds);
        otherwise(this);
        PopValue();
        _code.MarkLabel(holds);
        PushValue();
    }

    /// <summary>Begins to compute: two operands are to be pushed next.</summary>
    /// <param name="aside">Whether the flags count from <see cref="KeepFlags"/> on, and not at once.</param>
    internal void BeginCompute<TOperation>(bool aside = false)
        where TOperation : struct, IBinaryOperation
    {
        if (!FlagsAreSeen && TOperation.HasResult)
            return;
        if (FlagsAreSeen && !aside)
        {
            _code.Emit(OpCodes.Ldloca, _flags);
            return;
        }
        _code.Emit(OpCodes.Ldloc, _flags);
        _code.Emit(OpCodes.Stloc, _flagsAside);
        _code.Emit(OpCodes.Ldloca, _flagsAside);
    }

    /// <summary>Computes, from two operands; the result is pushed.</summary>
    internal void EndCompute<TOperation, TSize>()
        where TOperation : struct, IBinaryOperation
        where TSize : struct, IOperandSize
    {
        if (!FlagsAreSeen && TOperation.HasResult)
        {
            Call((Func<ulong, ulong, ulong>)TOperation.Result<TSize>);
            return;
        }
        Call((Computation)TOperation.Apply<TSize>);
        if (TOperation.FlagUse != FlagUse.Ignores)
            _flagSource = FlagsAreSeen ? TOperation.FlagSource : FlagSource.Unknown;
    }

    /// <summary>Takes over the flags that were computed aside, if anybody sees them.</summary>
    internal void KeepFlags()
    {
        if (!FlagsAreSeen)
            return;
        _code.Emit(OpCodes.Ldloc, _flagsAside);
        _code.Emit(OpCodes.Stloc, _flags);
    }

    /// <summary>Adds two values.</summary>
    internal void Add() => _code.Emit(OpCodes.Add);

    /// <summary>Drops the value on the stack.</summary>
    internal void Drop() => _code.Emit(OpCodes.Pop);

    void PushWhole(int register)
    {
        _use.Read(register);
        _code.Emit(OpCodes.Ldloc, LocalOf(register));
    }

    LocalBuilder LocalOf(int register) => _registers[register & (Register.General - 1)];

    void LoadState()
    {
        for (int register = 0; register < Register.General; register++)
        {
            if (!RegisterUse.Has(_use.Used, register))
                continue;
            PushReference(register);
            _code.Emit(OpCodes.Ldind_I8);
            _code.Emit(OpCodes.Stloc, _registers[register]);
        }
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Call, _flagsAt);
        _code.Emit(OpCodes.Ldobj, typeof(LazyFlags));
        _code.Emit(OpCodes.Stloc, _flags);
    }

    void StoreState()
    {
        for (int register = 0; register < Register.General; register++)
        {
            if (RegisterUse.Has(_use.Written, register))
                StoreRegister(register);
        }
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Call, _flagsAt);
        _code.Emit(OpCodes.Ldloc, _flags);
        _code.Emit(OpCodes.Stobj, typeof(LazyFlags));
    }

    void StoreRegister(int register)
    {
        PushReference(register);
        _code.Emit(OpCodes.Ldloc, _registers[register]);
        _code.Emit(OpCodes.Stind_I8);
    }

    void PushReference(int register)
    {
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldc_I4, register);
        _code.Emit(OpCodes.Call, _registerAt);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref ulong RegisterAt(Cpu cpu, int register) => ref cpu.State.Registers[register & Register.Mask];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LazyFlags FlagsAt(Cpu cpu) => ref cpu.State.Flags;
}

/// <summary>The shape of <see cref="ICondition.Holds"/>.</summary>
delegate bool Condition(in LazyFlags flags);

/// <summary>The shape of <see cref="IBinaryOperation.Apply"/>.</summary>
delegate ulong Computation(ref LazyFlags flags, ulong left, ulong right);
