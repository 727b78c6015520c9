using System;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Translated;

/// <summary>What a block's operations translate themselves with: calls of methods that take the CPU, and constants.</summary>
sealed class BlockEmitter
{
    // The host's compiler makes calls part of their caller up to a budget that a method gets for its length, and does not
    // look at how the budget is spent. What is left over of a long block is a method of its own.
    const int OperationsInMethod = 24;

    static readonly MethodInfo _execute = ((Func<Block, Cpu, int, bool>)Execute).Method;
    static readonly MethodInfo _stop = ((Action<Cpu, int>)Stop).Method;
    static readonly MethodInfo _leave = ((Func<Block, Cpu, Block?>)Leave).Method;
    static readonly MethodInfo _term = ((Func<Cpu, int, ulong>)Term).Method;

    readonly Block _block;
    readonly DynamicMethod _first = NewMethod();
    ILGenerator _code;
    int _index;

    internal BlockEmitter(Block block)
    {
        _block = block;
        _code = _first.GetILGenerator();
    }

    /// <summary>Whether anybody sees the flags that the operation leaves behind.</summary>
    internal bool FlagsAreSeen { get; private set; }

    /// <summary>Begins with an operation.</summary>
    /// <param name="index">Where it stands in the body.</param>
    /// <param name="flagsAreSeen">See <see cref="FlagsAreSeen"/>.</param>
    internal void Begin(int index, bool flagsAreSeen)
    {
        _index = index;
        FlagsAreSeen = flagsAreSeen;
        if (index % OperationsInMethod != 0 || index == 0)
            return;
        DynamicMethod next = NewMethod();
        _code.Emit(OpCodes.Ldarg_0);
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Call, next);
        _code.Emit(OpCodes.Ret);
        _code = next.GetILGenerator();
    }

    internal TranslatedBlock Finish() => _first.CreateDelegate<TranslatedBlock>(_block);

    /// <summary>Executes the operation as it is.</summary>
    internal void CallOperation()
    {
        _code.Emit(OpCodes.Ldarg_0);
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldc_I4, _index);
        _code.Emit(OpCodes.Call, _execute);
        StopUnlessDone();
    }

    /// <summary>Leaves the block as its end does.</summary>
    internal void CallEnd()
    {
        _code.Emit(OpCodes.Ldarg_0);
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Call, _leave);
        _code.Emit(OpCodes.Ret);
    }

    /// <summary>Leaves the block by a method that takes distances from the block's start.</summary>
    internal void CallEnd(Func<Block, Cpu, ulong, ulong, ulong, Block?> method, ulong target, int end, ulong mask)
    {
        _code.Emit(OpCodes.Ldarg_0);
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldc_I8, (long)target);
        _code.Emit(OpCodes.Ldc_I8, (long)end);
        _code.Emit(OpCodes.Ldc_I8, (long)mask);
        _code.Emit(OpCodes.Call, method.Method);
        _code.Emit(OpCodes.Ret);
    }

    /// <summary>Calls a method that never stops, with a register's number and a source.</summary>
    internal void Call<TSource>(Action<Cpu, int, TSource> method, int register, TSource source)
        where TSource : struct, ISource
    {
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldc_I4, register);
        source.Push(this);
        _code.Emit(OpCodes.Call, method.Method);
    }

    /// <summary>Calls a method that never stops, with the numbers of two registers.</summary>
    internal void Call(Action<Cpu, int, int> method, int first, int second)
    {
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldc_I4, first);
        _code.Emit(OpCodes.Ldc_I4, second);
        _code.Emit(OpCodes.Call, method.Method);
    }

    /// <summary>Calls a method that never stops, with an offset and a register's number.</summary>
    internal void CallWithOffset(Action<Cpu, ulong, int> method, in Address address, int register)
    {
        _code.Emit(OpCodes.Ldarg_1);
        PushSum(in address);
        if (address.Mask != ulong.MaxValue)
        {
            _code.Emit(OpCodes.Ldc_I8, (long)address.Mask);
            _code.Emit(OpCodes.And);
        }
        _code.Emit(OpCodes.Ldc_I4, register);
        _code.Emit(OpCodes.Call, method.Method);
    }

    /// <summary>
    /// Calls a method with an operand's linear address and a register's number; it returns whether to go on. Where the address
    /// is no plain sum, the operation is executed as it is.
    /// </summary>
    internal void CallAccess<TAddressing>(Func<Cpu, ulong, int, bool> method, in Address address, int register)
        where TAddressing : struct, IAddressing
    {
        if (!TAddressing.IsPlain)
        {
            CallOperation();
            return;
        }
        PushLinear(in address);
        _code.Emit(OpCodes.Ldc_I4, register);
        _code.Emit(OpCodes.Call, method.Method);
        StopUnlessDone();
    }

    /// <summary>The same with a source.</summary>
    internal void CallAccess<TAddressing, TSource>(
        Func<Cpu, ulong, TSource, bool> method, in Address address, TSource source)
        where TAddressing : struct, IAddressing
        where TSource : struct, ISource
    {
        if (!TAddressing.IsPlain)
        {
            CallOperation();
            return;
        }
        PushLinear(in address);
        source.Push(this);
        _code.Emit(OpCodes.Call, method.Method);
        StopUnlessDone();
    }

    /// <summary>Gives a call a source that is made from a number by a method.</summary>
    internal void Push<TSource>(Func<int, TSource> make, int value)
    {
        _code.Emit(OpCodes.Ldc_I4, value);
        _code.Emit(OpCodes.Call, make.Method);
    }

    /// <inheritdoc cref="Push{TSource}(Func{int, TSource}, int)"/>
    internal void Push<TSource>(Func<ulong, TSource> make, ulong value)
    {
        _code.Emit(OpCodes.Ldc_I8, (long)value);
        _code.Emit(OpCodes.Call, make.Method);
    }

    void PushLinear(in Address address)
    {
        _code.Emit(OpCodes.Ldarg_1);
        PushSum(in address);
        AddTerm(address.SegmentBase, 0);
    }

    void PushSum(in Address address)
    {
        _code.Emit(OpCodes.Ldc_I8, (long)address.Displacement);
        AddTerm(address.Base, 0);
        AddTerm(address.Index, address.IndexShift);
    }

    void AddTerm(int register, int shift)
    {
        if (register == Register.Zero)
            return;
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldc_I4, register);
        _code.Emit(OpCodes.Call, _term);
        if (shift != 0)
        {
            _code.Emit(OpCodes.Ldc_I4, shift);
            _code.Emit(OpCodes.Shl);
        }
        _code.Emit(OpCodes.Add);
    }

    void StopUnlessDone()
    {
        Label next = _code.DefineLabel();
        _code.Emit(OpCodes.Brtrue, next);
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldc_I4, _index);
        _code.Emit(OpCodes.Call, _stop);
        _code.Emit(OpCodes.Ldnull);
        _code.Emit(OpCodes.Ret);
        _code.MarkLabel(next);
    }

    // The block is the method's target.
    static DynamicMethod NewMethod() => new(
        "GuestBlock", typeof(Block), [typeof(Block), typeof(Cpu)], typeof(BlockEmitter).Module, skipVisibility: true);

    static bool Execute(Block block, Cpu cpu, int index) => block.Body[index].Execute(cpu);

    static void Stop(Cpu cpu, int index) => cpu.StoppedAt = index;

    static Block? Leave(Block block, Cpu cpu) => block.End.Leave(cpu, block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong Term(Cpu cpu, int register) => cpu.State.Registers[register & Register.Mask];
}
