using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Simd;

/// <summary>What a vector operation computes, as a type, so that the frequent ones are compiled into their operations.</summary>
interface IVectorKernel
{
    /// <summary>Computes the destination's new value.</summary>
    /// <param name="a">Its old value.</param>
    /// <param name="b">The source.</param>
    /// <param name="cpu">MXCSR, and XMM0 where that is a third operand.</param>
    /// <param name="result">The new value.</param>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    bool TryCompute(Vector128<byte> a, Vector128<byte> b, Cpu cpu, out Vector128<byte> result);

    /// <summary>Whether it is frequent and small enough to become part of translations.</summary>
    static abstract bool IsTranslated { get; }

    /// <summary>Appends code that pushes it.</summary>
    void Push(RegionEmitter code);
}

/// <summary>Any operation of <see cref="VectorUnit"/>, looked up each time.</summary>
readonly struct AnyKernel(VectorUnit.Family family, Mnemonic operation, byte control) : IVectorKernel
{
    public bool TryCompute(Vector128<byte> a, Vector128<byte> b, Cpu cpu, out Vector128<byte> result) =>
        VectorUnit.TryCompute(family, operation, a, b, control, cpu.Xmm[0], ref cpu.Mxcsr, out result);

    public static bool IsTranslated => false;

    public void Push(RegionEmitter code) => throw new NotSupportedException();
}

/// <summary>Two binary64 numbers, or the low one.</summary>
readonly struct DoublesKernel<TOperation>(int count) : IVectorKernel
    where TOperation : struct, HostArithmetic.IOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryCompute(Vector128<byte> a, Vector128<byte> b, Cpu cpu, out Vector128<byte> result) =>
        HostArithmetic.TryDoubles<TOperation>(a, b, count, ref cpu.Mxcsr, out result);

    public static bool IsTranslated => true;

    public void Push(RegionEmitter code)
    {
        code.PushNumber(count);
        code.Call((Func<int, DoublesKernel<TOperation>>)Of);
    }

    static DoublesKernel<TOperation> Of(int count) => new(count);
}

/// <summary>Four binary32 numbers, or the lowest one.</summary>
readonly struct SinglesKernel<TOperation>(int count) : IVectorKernel
    where TOperation : struct, HostArithmetic.IOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryCompute(Vector128<byte> a, Vector128<byte> b, Cpu cpu, out Vector128<byte> result) =>
        HostArithmetic.TrySingles<TOperation>(a, b, count, ref cpu.Mxcsr, out result);

    public static bool IsTranslated => true;

    public void Push(RegionEmitter code)
    {
        code.PushNumber(count);
        code.Call((Func<int, SinglesKernel<TOperation>>)Of);
    }

    static SinglesKernel<TOperation> Of(int count) => new(count);
}

/// <summary>A whole vector moved.</summary>
readonly struct CopyKernel : IVectorKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryCompute(Vector128<byte> a, Vector128<byte> b, Cpu cpu, out Vector128<byte> result)
    {
        result = b;
        return true;
    }

    public static bool IsTranslated => true;

    public void Push(RegionEmitter code) => code.Call((Func<CopyKernel>)Of);

    static CopyKernel Of() => default;
}

/// <summary>Exclusive or, which also makes zeros.</summary>
readonly struct ExclusiveOrKernel : IVectorKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryCompute(Vector128<byte> a, Vector128<byte> b, Cpu cpu, out Vector128<byte> result)
    {
        result = a ^ b;
        return true;
    }

    public static bool IsTranslated => true;

    public void Push(RegionEmitter code) => code.Call((Func<ExclusiveOrKernel>)Of);

    static ExclusiveOrKernel Of() => default;
}

/// <summary>Parts of two vectors put together: MOVSS, MOVLPS, MOVHLPS and their kin.</summary>
readonly struct MergeKernel(VectorMerge merge) : IVectorKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryCompute(Vector128<byte> a, Vector128<byte> b, Cpu cpu, out Vector128<byte> result)
    {
        Vector128<ulong> left = a.AsUInt64();
        Vector128<ulong> right = b.AsUInt64();
        result = merge switch
        {
            VectorMerge.LowSingle => a.AsUInt32().WithElement(0, b.AsUInt32()[0]).AsByte(),
            VectorMerge.LowHalf => Vector128.Create(right[0], left[1]).AsByte(),
            VectorMerge.LowHalfFromHigh => Vector128.Create(right[1], left[1]).AsByte(),
            VectorMerge.HighHalves => Vector128.Create(left[1], right[1]).AsByte(),
            VectorMerge.HighHalfFromLow => Vector128.Create(left[0], right[0]).AsByte(),
            _ => Vector128.CreateScalar(right[0]).AsByte(),
        };
        return true;
    }

    public static bool IsTranslated => true;

    public void Push(RegionEmitter code)
    {
        code.PushNumber((int)merge);
        code.Call((Func<int, MergeKernel>)Of);
    }

    static MergeKernel Of(int merge) => new((VectorMerge)merge);
}

/// <summary>What <see cref="MergeKernel"/> takes from its source.</summary>
enum VectorMerge : byte
{
    /// <summary>The lowest element of 32 bits.</summary>
    LowSingle,

    /// <summary>The low half.</summary>
    LowHalf,

    /// <summary>The high half, into the low one.</summary>
    LowHalfFromHigh,

    /// <summary>The low half, into the high one.</summary>
    HighHalfFromLow,

    /// <summary>The high half, beside the destination's own.</summary>
    HighHalves,

    /// <summary>The low half; the high one becomes zero.</summary>
    LowHalfAlone,
}
