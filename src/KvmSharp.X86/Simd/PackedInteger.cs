using System.Runtime.Intrinsics;
using Iced.Intel;

namespace KvmSharp.X86.Simd;

/// <summary>
/// Integer arithmetic, logic and comparison on the elements of a vector. An MMX operation is the same on the low half,
/// with the exceptions that <see cref="MmxInteger"/> knows.
/// </summary>
static class PackedInteger
{
    /// <summary>Computes <c>a op b</c>.</summary>
    /// <param name="operation">An operation with two vector operands.</param>
    /// <param name="a">The destination's old value.</param>
    /// <param name="b">The source.</param>
    /// <param name="result">The destination's new value.</param>
    /// <returns>Whether the operation is one of these.</returns>
    internal static bool TryExecute(Mnemonic operation, Vector128<byte> a, Vector128<byte> b, out Vector128<byte> result)
    {
        switch (operation)
        {
            // Logic, whatever the elements are meant to be
            case Mnemonic.Pand or Mnemonic.Andps or Mnemonic.Andpd:
                result = a & b;
                return true;
            case Mnemonic.Pandn or Mnemonic.Andnps or Mnemonic.Andnpd:
                result = ~a & b;
                return true;
            case Mnemonic.Por or Mnemonic.Orps or Mnemonic.Orpd:
                result = a | b;
                return true;
            case Mnemonic.Pxor or Mnemonic.Xorps or Mnemonic.Xorpd:
                result = a ^ b;
                return true;

            // Sums and differences
            case Mnemonic.Paddb:
                result = a + b;
                return true;
            case Mnemonic.Paddw:
                result = (a.AsInt16() + b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Paddd:
                result = (a.AsInt32() + b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Paddq:
                result = (a.AsInt64() + b.AsInt64()).AsByte();
                return true;
            case Mnemonic.Psubb:
                result = a - b;
                return true;
            case Mnemonic.Psubw:
                result = (a.AsInt16() - b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Psubd:
                result = (a.AsInt32() - b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Psubq:
                result = (a.AsInt64() - b.AsInt64()).AsByte();
                return true;
            case Mnemonic.Paddsb:
                result = Vector128.AddSaturate(a.AsSByte(), b.AsSByte()).AsByte();
                return true;
            case Mnemonic.Paddsw:
                result = Vector128.AddSaturate(a.AsInt16(), b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Paddusb:
                result = Vector128.AddSaturate(a, b);
                return true;
            case Mnemonic.Paddusw:
                result = Vector128.AddSaturate(a.AsUInt16(), b.AsUInt16()).AsByte();
                return true;
            case Mnemonic.Psubsb:
                result = Vector128.SubtractSaturate(a.AsSByte(), b.AsSByte()).AsByte();
                return true;
            case Mnemonic.Psubsw:
                result = Vector128.SubtractSaturate(a.AsInt16(), b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Psubusb:
                result = Vector128.SubtractSaturate(a, b);
                return true;
            case Mnemonic.Psubusw:
                result = Vector128.SubtractSaturate(a.AsUInt16(), b.AsUInt16()).AsByte();
                return true;

            // Comparison
            case Mnemonic.Pcmpeqb:
                result = Vector128.Equals(a, b);
                return true;
            case Mnemonic.Pcmpeqw:
                result = Vector128.Equals(a.AsInt16(), b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Pcmpeqd:
                result = Vector128.Equals(a.AsInt32(), b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Pcmpeqq:
                result = Vector128.Equals(a.AsInt64(), b.AsInt64()).AsByte();
                return true;
            case Mnemonic.Pcmpgtb:
                result = Vector128.GreaterThan(a.AsSByte(), b.AsSByte()).AsByte();
                return true;
            case Mnemonic.Pcmpgtw:
                result = Vector128.GreaterThan(a.AsInt16(), b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Pcmpgtd:
                result = Vector128.GreaterThan(a.AsInt32(), b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Pcmpgtq:
                result = Vector128.GreaterThan(a.AsInt64(), b.AsInt64()).AsByte();
                return true;
            case Mnemonic.Pminsb:
                result = Vector128.Min(a.AsSByte(), b.AsSByte()).AsByte();
                return true;
            case Mnemonic.Pminsw:
                result = Vector128.Min(a.AsInt16(), b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Pminsd:
                result = Vector128.Min(a.AsInt32(), b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Pminub:
                result = Vector128.Min(a, b);
                return true;
            case Mnemonic.Pminuw:
                result = Vector128.Min(a.AsUInt16(), b.AsUInt16()).AsByte();
                return true;
            case Mnemonic.Pminud:
                result = Vector128.Min(a.AsUInt32(), b.AsUInt32()).AsByte();
                return true;
            case Mnemonic.Pmaxsb:
                result = Vector128.Max(a.AsSByte(), b.AsSByte()).AsByte();
                return true;
            case Mnemonic.Pmaxsw:
                result = Vector128.Max(a.AsInt16(), b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Pmaxsd:
                result = Vector128.Max(a.AsInt32(), b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Pmaxub:
                result = Vector128.Max(a, b);
                return true;
            case Mnemonic.Pmaxuw:
                result = Vector128.Max(a.AsUInt16(), b.AsUInt16()).AsByte();
                return true;
            case Mnemonic.Pmaxud:
                result = Vector128.Max(a.AsUInt32(), b.AsUInt32()).AsByte();
                return true;

            // Averages, magnitudes, signs
            case Mnemonic.Pavgb:
                // (a + b + 1) ÷ 2 without a ninth bit
                result = (a | b) - ((a ^ b) >>> 1);
                return true;
            case Mnemonic.Pavgw:
                result = ((a | b).AsUInt16() - ((a ^ b).AsUInt16() >>> 1)).AsByte();
                return true;
            case Mnemonic.Pabsb:
                result = Vector128.Abs(b.AsSByte()).AsByte();
                return true;
            case Mnemonic.Pabsw:
                result = Vector128.Abs(b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Pabsd:
                result = Vector128.Abs(b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Psignb:
                result = Sign(a.AsSByte(), b.AsSByte()).AsByte();
                return true;
            case Mnemonic.Psignw:
                result = Sign(a.AsInt16(), b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Psignd:
                result = Sign(a.AsInt32(), b.AsInt32()).AsByte();
                return true;

            default:
                return PackedProduct.TryExecute(operation, a, b, out result);
        }
    }

    // a, −a or nothing, as b is positive, negative or zero.
    static Vector128<T> Sign<T>(Vector128<T> a, Vector128<T> b)
        where T : struct
    {
        Vector128<T> negative = Vector128.LessThan(b, Vector128<T>.Zero);
        return Vector128.ConditionalSelect(negative, -a, a) & ~Vector128.Equals(b, Vector128<T>.Zero);
    }
}
