using System;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace KvmSharp.X86.Simd;

/// <summary>Shifts of all elements by one count, and of the vector by bytes.</summary>
/// <remarks>A count of the element's size or more shifts everything out; it is not masked as the integer shifts' is.</remarks>
static class PackedShift
{
    /// <summary>Whether an operation is one of these.</summary>
    internal static bool IsShift(Mnemonic operation) => operation is
        Mnemonic.Psllw or Mnemonic.Pslld or Mnemonic.Psllq or Mnemonic.Psrlw or Mnemonic.Psrld or Mnemonic.Psrlq
        or Mnemonic.Psraw or Mnemonic.Psrad or Mnemonic.Pslldq or Mnemonic.Psrldq;

    internal static Vector128<byte> Execute(Mnemonic operation, Vector128<byte> a, ulong count) => operation switch
    {
        Mnemonic.Psllw => count > 15 ? default : (a.AsUInt16() << (int)count).AsByte(),
        Mnemonic.Pslld => count > 31 ? default : (a.AsUInt32() << (int)count).AsByte(),
        Mnemonic.Psllq => count > 63 ? default : (a.AsUInt64() << (int)count).AsByte(),
        Mnemonic.Psrlw => count > 15 ? default : (a.AsUInt16() >>> (int)count).AsByte(),
        Mnemonic.Psrld => count > 31 ? default : (a.AsUInt32() >>> (int)count).AsByte(),
        Mnemonic.Psrlq => count > 63 ? default : (a.AsUInt64() >>> (int)count).AsByte(),
        Mnemonic.Psraw => (a.AsInt16() >> (int)Math.Min(count, 15)).AsByte(),
        Mnemonic.Psrad => (a.AsInt32() >> (int)Math.Min(count, 31)).AsByte(),
        Mnemonic.Pslldq => Bytes(default, a, 16 - (int)Math.Min(count, 16)),
        Mnemonic.Psrldq => Bytes(a, default, (int)Math.Min(count, 16)),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    /// <summary>Sixteen bytes of high:low from byte <paramref name="offset"/> on.</summary>
    internal static Vector128<byte> Bytes(Vector128<byte> low, Vector128<byte> high, int offset)
    {
        if (offset >= 32)
            return default;
        if (offset >= 16)
            (low, high, offset) = (high, default, offset - 16);
        Vector128<byte> indices = Vector128<byte>.Indices + Vector128.Create((byte)offset);
        Vector128<byte> fromLow = Vector128.Shuffle(low, indices);
        Vector128<byte> fromHigh = Vector128.Shuffle(high, indices - Vector128.Create((byte)16));
        return fromLow | fromHigh;
    }
}
