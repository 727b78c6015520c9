using System;
using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Simd;

/// <summary>
/// RCPPS and RSQRTPS: approximations of a relative error below 1.5 × 2^−12. Processors differ in the last bits; here the
/// result is the nearest number of twelve bits.
/// </summary>
static class FloatApproximation
{
    const int KeptBits = 12;

    internal static Vector128<byte> Execute(Mnemonic operation, Vector128<byte> a, Vector128<byte> b)
    {
        int count = operation is Mnemonic.Rcpss or Mnemonic.Rsqrtss ? 1 : 4;
        bool root = operation is Mnemonic.Rsqrtps or Mnemonic.Rsqrtss;
        Vector128<uint> result = a.AsUInt32();
        for (int i = 0; i < count; i++)
            result = result.WithElement(i, Approximate(b.AsUInt32()[i], root));
        return result.AsByte();
    }

    static uint Approximate(uint bits, bool root)
    {
        uint sign = bits & (uint)Ieee<Binary32>.SignBit;
        uint magnitude = bits ^ sign;
        if (Ieee<Binary32>.IsNaN(bits))
            return bits | (uint)Ieee<Binary32>.QuietBit;
        // Denormals count as zeros, in the operand and in the result.
        if (magnitude <= Ieee<Binary32>.FractionMask)
            return sign | (uint)Ieee<Binary32>.InfinityBits;
        if (root && sign != 0)
            return (uint)Ieee<Binary32>.DefaultNaN;
        if (magnitude == Ieee<Binary32>.InfinityBits)
            return sign;
        double value = BitConverter.UInt32BitsToSingle(magnitude);
        double exact = root ? 1 / Math.Sqrt(value) : 1 / value;
        uint rounded = BitConverter.SingleToUInt32Bits((float)exact);
        if (rounded <= Ieee<Binary32>.FractionMask)
            return sign;
        const uint Unit = 1u << (24 - KeptBits);
        return sign | ((rounded + (Unit / 2)) & ~(Unit - 1));
    }
}
