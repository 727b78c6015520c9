using System;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Translated;

// Memory operands: their addresses, loads and stores.
partial class RegionEmitter
{
    static readonly MethodInfo _proceeds = ((Func<Cpu, bool>)Proceeds).Method;

    readonly LocalBuilder _linear;

    delegate bool Loading(Cpu cpu, ulong linear, out ulong value);

    /// <summary>Pushes an operand's offset in its segment.</summary>
    internal void PushOffset(in Address address)
    {
        PushSum(in address);
        if (address.Mask == ulong.MaxValue)
            return;
        PushConstant(address.Mask);
        _code.Emit(OpCodes.And);
    }

    /// <summary>Pushes an address, in 64-bit code, by its distance from the block's start.</summary>
    internal void PushRip(ulong distance)
    {
        _code.Emit(OpCodes.Ldloc, _rip);
        PushConstant(_region.Starts[_block] + distance);
        _code.Emit(OpCodes.Add);
    }

    /// <summary>Pushes the linear address of an operand, where that is a plain sum.</summary>
    internal void PushLinear(in Address address)
    {
        PushSum(in address);
        AddTerm(address.SegmentBase, 0);
    }

    /// <summary>
    /// Pushes the linear address of the operation's operand. Where that is no plain sum, appends the operation as it is.
    /// </summary>
    /// <returns>Whether the address is pushed; otherwise there is nothing more to append.</returns>
    internal bool TryPushLinear<TAddressing>(in Address address)
        where TAddressing : struct, IAddressing
    {
        if (!TAddressing.IsPlain)
        {
            CallOperation();
            return false;
        }
        PushLinear(in address);
        return true;
    }

    /// <summary>
    /// Loads the operation's operand, as <see cref="Load"/> does. Where its address is no plain sum, appends the operation as it is.
    /// </summary>
    /// <returns>Whether it is loaded; otherwise there is nothing more to append.</returns>
    internal bool TryLoad<TSize, TAddressing>(in Address address, bool forUpdate = false)
        where TSize : struct, IOperandSize
        where TAddressing : struct, IAddressing
    {
        if (!TryPushLinear<TAddressing>(in address))
            return false;
        Load<TSize>(forUpdate);
        return true;
    }

    /// <summary>
    /// Loads from the linear address on the stack, and leaves at the operation where that is not possible. The value is for
    /// <see cref="PushValue"/>, the address for <see cref="Store"/>.
    /// </summary>
    /// <param name="forUpdate">Whether a store to the same place follows.</param>
    internal void Load<TSize>(bool forUpdate = false)
        where TSize : struct, IOperandSize
    {
        PopLinear();
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldloc, _linear);
        _code.Emit(OpCodes.Ldloca, _value);
        Call(forUpdate ? (Loading)TSize.TryLoadForUpdate : TSize.TryLoad);
        StopUnlessDone();
    }

    /// <summary>Keeps the linear address on the stack for <see cref="Store"/>.</summary>
    internal void PopLinear() => _code.Emit(OpCodes.Stloc, _linear);

    /// <summary>Pushes the linear address of the last access.</summary>
    internal void PushLastLinear() => _code.Emit(OpCodes.Ldloc, _linear);

    /// <summary>
    /// Stores what <see cref="PopValue"/> set aside to the address that <see cref="PopLinear"/> kept, and leaves at the
    /// operation where that is not possible.
    /// </summary>
    internal void Store<TSize>()
        where TSize : struct, IOperandSize
    {
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Ldloc, _linear);
        _code.Emit(OpCodes.Ldloc, _value);
        Call((Func<Cpu, ulong, ulong, bool>)TSize.TryStore);
        StopUnlessDone();
    }

    /// <summary>Leaves after an operation that has stored and is done, if it may have stored to code.</summary>
    internal void Proceed()
    {
        _code.Emit(OpCodes.Ldarg_1);
        _code.Emit(OpCodes.Call, _proceeds);
        StopUnlessDone();
    }

    /// <summary>
    /// Executes an operation as it is that reads the general registers of its address, and neither reads nor changes others
    /// or a flag.
    /// </summary>
    internal void CallApart(in Address address)
    {
        StoreTerm(address.Base);
        StoreTerm(address.Index);
        CallApart();
    }

    void StoreTerm(int register)
    {
        if (register == Register.Rip)
            StoreRip();
        else if (register < Register.General && RegisterUse.Has(_use.Written, register))
            StoreRegister(register);
    }

    void PushSum(in Address address)
    {
        PushConstant(address.Displacement);
        AddTerm(address.Base, 0);
        AddTerm(address.Index, address.IndexShift);
    }

    void AddTerm(int register, int shift)
    {
        if (register == Register.Zero)
            return;
        if (register == Register.Rip)
        {
            PushRip(0);
        }
        else if (register < Register.General)
        {
            PushWhole(register);
        }
        else
        {
            PushReference(register);
            _code.Emit(OpCodes.Ldind_I8);
        }
        if (shift != 0)
        {
            _code.Emit(OpCodes.Ldc_I4, shift);
            _code.Emit(OpCodes.Shl);
        }
        _code.Emit(OpCodes.Add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool Proceeds(Cpu cpu) => cpu.Proceed;
}
