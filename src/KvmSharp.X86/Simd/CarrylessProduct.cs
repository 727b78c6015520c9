using System.Runtime.Intrinsics;
using HostPclmulqdq = System.Runtime.Intrinsics.X86.Pclmulqdq;

namespace KvmSharp.X86.Simd;

/// <summary>PCLMULQDQ: the product of two 64-bit polynomials over the field of two elements.</summary>
static class CarrylessProduct
{
    /// <summary>Multiplies the halves that the control's bits 0 and 4 choose.</summary>
    internal static Vector128<byte> Execute(Vector128<byte> a, Vector128<byte> b, byte control)
    {
        ulong left = a.AsUInt64()[control & 1];
        ulong right = b.AsUInt64()[(control >> 4) & 1];
        return HostPclmulqdq.IsSupported
            ? HostPclmulqdq.CarrylessMultiply(Vector128.CreateScalar(left), Vector128.CreateScalar(right), 0).AsByte()
            : Multiply(left, right);
    }

    /// <summary>The same, without the host's help.</summary>
    internal static Vector128<byte> Multiply(ulong a, ulong b)
    {
        ulong low = 0;
        ulong high = 0;
        for (int i = 0; i < 64; i++)
        {
            ulong chosen = 0 - ((a >> i) & 1);
            low ^= (b << i) & chosen;
            high ^= (i == 0 ? 0 : b >> (64 - i)) & chosen;
        }

        return Vector128.Create(low, high).AsByte();
    }
}
