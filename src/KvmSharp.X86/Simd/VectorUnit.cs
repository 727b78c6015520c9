using System;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace KvmSharp.X86.Simd;

/// <summary>All operations that make a vector out of vectors, by mnemonic.</summary>
static class VectorUnit
{
    /// <summary>The families of operations, each with the place that computes them.</summary>
    internal enum Family : byte
    {
        None,
        Integer,
        Shuffle,
        Shift,
        SelectBySign,
        Arithmetic,
        Comparison,
        Conversion,
        Aes,
        Sha,
        CarrylessProduct,
    }

    /// <summary>Which family an operation belongs to; looked up once, when an instruction is decoded.</summary>
    internal static Family FamilyOf(Mnemonic operation)
    {
        if (FloatArithmetic.IsArithmetic(operation))
            return Family.Arithmetic;
        if (FloatComparison.IsComparison(operation))
            return Family.Comparison;
        if (FloatConversion.IsConversion(operation))
            return Family.Conversion;
        if (PackedShift.IsShift(operation))
            return Family.Shift;
        if (Simd.Aes.IsAes(operation))
            return Family.Aes;
        if (Simd.Sha.IsSha(operation))
            return Family.Sha;
        if (operation == Mnemonic.Pclmulqdq)
            return Family.CarrylessProduct;
        if (operation is Mnemonic.Blendvps or Mnemonic.Blendvpd or Mnemonic.Pblendvb)
            return Family.SelectBySign;
        if (PackedInteger.TryExecute(operation, default, default, out _))
            return Family.Integer;
        return PackedShuffle.TryExecute(operation, default, default, 0, out _) ? Family.Shuffle : Family.None;
    }

    /// <summary>Computes an operation.</summary>
    /// <param name="family">Its family.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="a">The destination's old value.</param>
    /// <param name="b">The source.</param>
    /// <param name="control">The immediate operand, or 0.</param>
    /// <param name="xmm0">XMM0, which some take as a third operand.</param>
    /// <param name="mxcsr">Controls in, flags out.</param>
    /// <param name="result">The destination's new value.</param>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    internal static bool TryCompute(
        Family family,
        Mnemonic operation,
        Vector128<byte> a,
        Vector128<byte> b,
        byte control,
        Vector128<byte> xmm0,
        ref Mxcsr mxcsr,
        out Vector128<byte> result)
    {
        switch (family)
        {
            case Family.Integer:
                return PackedInteger.TryExecute(operation, a, b, out result);
            case Family.Shuffle:
                return PackedShuffle.TryExecute(operation, a, b, control, out result);
            case Family.Shift:
                result = PackedShift.Execute(operation, a, b.AsUInt64()[0]);
                return true;
            case Family.SelectBySign:
                result = PackedShuffle.SelectBySign(operation, a, b, xmm0);
                return true;
            case Family.Arithmetic:
                return FloatArithmetic.TryExecute(operation, a, b, control, ref mxcsr, out result);
            case Family.Comparison:
                return FloatComparison.TryExecute(operation, a, b, control, ref mxcsr, out result);
            case Family.Conversion:
                return FloatConversion.TryExecute(operation, a, b, ref mxcsr, out result);
            case Family.Aes:
                result = Simd.Aes.Execute(operation, a, b, control);
                return true;
            case Family.Sha:
                result = Simd.Sha.Execute(operation, a, b, control, xmm0);
                return true;
            case Family.CarrylessProduct:
                result = CarrylessProduct.Execute(a, b, control);
                return true;
            default:
                throw new ArgumentOutOfRangeException(nameof(family));
        }
    }
}
