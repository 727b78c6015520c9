using System;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace KvmSharp.X86.Simd;

/// <summary>Products of elements, and what adds neighbouring elements.</summary>
static class PackedProduct
{
    internal static bool TryExecute(Mnemonic operation, Vector128<byte> a, Vector128<byte> b, out Vector128<byte> result)
    {
        switch (operation)
        {
            case Mnemonic.Pmullw:
                result = (a.AsInt16() * b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Pmulld:
                result = (a.AsInt32() * b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Pmulhw:
                (Vector128<int> low, Vector128<int> high) = WideProduct(a.AsInt16(), b.AsInt16());
                result = Vector128.Narrow(low >> 16, high >> 16).AsByte();
                return true;
            case Mnemonic.Pmulhuw:
                (Vector128<uint> lowU, Vector128<uint> highU) = WideProduct(a.AsUInt16(), b.AsUInt16());
                result = Vector128.Narrow(lowU >>> 16, highU >>> 16).AsByte();
                return true;
            case Mnemonic.Pmulhrsw:
                (low, high) = WideProduct(a.AsInt16(), b.AsInt16());
                Vector128<int> one = Vector128<int>.One;
                result = Vector128.Narrow(((low >> 14) + one) >> 1, ((high >> 14) + one) >> 1).AsByte();
                return true;
            case Mnemonic.Pmuludq:
                result = (Even(a.AsUInt64()) * Even(b.AsUInt64())).AsByte();
                return true;
            case Mnemonic.Pmuldq:
                result = (((a.AsInt64() << 32) >> 32) * ((b.AsInt64() << 32) >> 32)).AsByte();
                return true;
            case Mnemonic.Pmaddwd:
                result = MultiplyAdd(a.AsInt16(), b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Pmaddubsw:
                result = MultiplyAddSaturated(a, b.AsSByte()).AsByte();
                return true;
            case Mnemonic.Psadbw:
                result = SumOfDifferences(a, b);
                return true;
            case Mnemonic.Phaddw:
                result = Neighbours(a.AsInt16(), b.AsInt16(), out Vector128<short> odd).AsByte();
                result = (result.AsInt16() + odd).AsByte();
                return true;
            case Mnemonic.Phsubw:
                result = (Neighbours(a.AsInt16(), b.AsInt16(), out odd) - odd).AsByte();
                return true;
            case Mnemonic.Phaddsw:
                result = Vector128.AddSaturate(Neighbours(a.AsInt16(), b.AsInt16(), out odd), odd).AsByte();
                return true;
            case Mnemonic.Phsubsw:
                result = Vector128.SubtractSaturate(Neighbours(a.AsInt16(), b.AsInt16(), out odd), odd).AsByte();
                return true;
            case Mnemonic.Phaddd:
                result = (Neighbours(a.AsInt32(), b.AsInt32(), out Vector128<int> odd32) + odd32).AsByte();
                return true;
            case Mnemonic.Phsubd:
                result = (Neighbours(a.AsInt32(), b.AsInt32(), out odd32) - odd32).AsByte();
                return true;
            case Mnemonic.Phminposuw:
                result = LeastWord(b.AsUInt16());
                return true;
            default:
                result = default;
                return false;
        }
    }

    /// <summary>MPSADBW: eight sums of four differences at a sliding offset.</summary>
    internal static Vector128<byte> SlidingDifferences(Vector128<byte> a, Vector128<byte> b, byte control)
    {
        int from = (control & 4) != 0 ? 4 : 0;
        int block = (control & 3) * 4;
        Vector128<ushort> result = default;
        for (int i = 0; i < 8; i++)
        {
            int sum = 0;
            for (int j = 0; j < 4; j++)
                sum += Math.Abs(a[from + i + j] - b[block + j]);
            result = result.WithElement(i, (ushort)sum);
        }

        return result.AsByte();
    }

    static (Vector128<int> Low, Vector128<int> High) WideProduct(Vector128<short> a, Vector128<short> b)
    {
        (Vector128<int> aLow, Vector128<int> aHigh) = Vector128.Widen(a);
        (Vector128<int> bLow, Vector128<int> bHigh) = Vector128.Widen(b);
        return (aLow * bLow, aHigh * bHigh);
    }

    static (Vector128<uint> Low, Vector128<uint> High) WideProduct(Vector128<ushort> a, Vector128<ushort> b)
    {
        (Vector128<uint> aLow, Vector128<uint> aHigh) = Vector128.Widen(a);
        (Vector128<uint> bLow, Vector128<uint> bHigh) = Vector128.Widen(b);
        return (aLow * bLow, aHigh * bHigh);
    }

    static Vector128<ulong> Even(Vector128<ulong> value) => value & Vector128.Create((ulong)uint.MaxValue);

    static Vector128<int> MultiplyAdd(Vector128<short> a, Vector128<short> b)
    {
        // Even words times even words plus odd times odd; two times 2^30 wraps to the most negative, as in hardware.
        Vector128<int> even = ((a.AsInt32() << 16) >> 16) * ((b.AsInt32() << 16) >> 16);
        return even + ((a.AsInt32() >> 16) * (b.AsInt32() >> 16));
    }

    static Vector128<short> MultiplyAddSaturated(Vector128<byte> a, Vector128<sbyte> b)
    {
        Vector128<short> even = (a.AsInt16() & Vector128.Create((short)0xff)) * ((b.AsInt16() << 8) >> 8);
        Vector128<short> odd = (a.AsUInt16() >>> 8).AsInt16() * (b.AsInt16() >> 8);
        return Vector128.AddSaturate(even, odd);
    }

    static Vector128<byte> SumOfDifferences(Vector128<byte> a, Vector128<byte> b)
    {
        Vector128<byte> difference = Vector128.Max(a, b) - Vector128.Min(a, b);
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(difference);
        return Vector128.Create((ulong)Vector128.Sum(low), Vector128.Sum(high)).AsByte();
    }

    // The even elements of a and b, and the odd ones.
    static Vector128<short> Neighbours(Vector128<short> a, Vector128<short> b, out Vector128<short> odd)
    {
        odd = Vector128.Narrow(a.AsInt32() >> 16, b.AsInt32() >> 16);
        return Vector128.Narrow(a.AsInt32(), b.AsInt32());
    }

    static Vector128<int> Neighbours(Vector128<int> a, Vector128<int> b, out Vector128<int> odd)
    {
        odd = Vector128.Narrow(a.AsInt64() >> 32, b.AsInt64() >> 32);
        return Vector128.Narrow(a.AsInt64(), b.AsInt64());
    }

    static Vector128<byte> LeastWord(Vector128<ushort> value)
    {
        int index = 0;
        for (int i = 1; i < 8; i++)
        {
            if (value[i] < value[index])
                index = i;
        }

        return Vector128.Create(value[index] | ((ulong)index << 16), 0UL).AsByte();
    }
}
