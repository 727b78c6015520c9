using System.Runtime.Intrinsics;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Simd;

/// <summary>DPPS and DPPD: chosen products, summed, put into chosen elements.</summary>
/// <remarks>
/// Products and sums are rounded each, in pairs first; each round's unmasked exceptions come before the next is begun.
/// </remarks>
static class FloatDotProduct
{
    internal static Vector128<byte> Singles(Vector128<uint> a, Vector128<uint> b, byte control, ref FloatEnvironment environment)
    {
        Vector128<uint> products = default;
        for (int i = 0; i < 4; i++)
        {
            if ((control >> (4 + i) & 1) != 0)
                products = products.WithElement(i, (uint)IeeeArithmetic<Binary32>.Multiply(a[i], b[i], ref environment));
        }

        if (!environment.TryCompleteRound())
            return default;
        ulong low = IeeeArithmetic<Binary32>.Add(products[0], products[1], ref environment);
        ulong high = IeeeArithmetic<Binary32>.Add(products[2], products[3], ref environment);
        if (!environment.TryCompleteRound())
            return default;
        uint sum = (uint)IeeeArithmetic<Binary32>.Add(low, high, ref environment);
        Vector128<uint> bits = Vector128.Create(1u, 2, 4, 8);
        return (Vector128.Create(sum) & Vector128.Equals(Vector128.Create((uint)control) & bits, bits)).AsByte();
    }

    internal static Vector128<byte> Doubles(Vector128<ulong> a, Vector128<ulong> b, byte control, ref FloatEnvironment environment)
    {
        ulong low = (control & 0x10) != 0 ? IeeeArithmetic<Binary64>.Multiply(a[0], b[0], ref environment) : 0;
        ulong high = (control & 0x20) != 0 ? IeeeArithmetic<Binary64>.Multiply(a[1], b[1], ref environment) : 0;
        if (!environment.TryCompleteRound())
            return default;
        ulong sum = IeeeArithmetic<Binary64>.Add(low, high, ref environment);
        return Vector128.Create((control & 1) != 0 ? sum : 0, (control & 2) != 0 ? sum : 0).AsByte();
    }
}
