using System.Runtime.Intrinsics;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Simd;

/// <summary>Applies arithmetic on one element to the elements of a vector.</summary>
/// <remarks>
/// The exact way for every operand. <see cref="HostArithmetic"/> is asked first by the operations that matter for speed.
/// </remarks>
static class FloatLanes
{
    /// <summary>An operation of two elements.</summary>
    internal interface IOperation
    {
        static abstract ulong Compute<TFormat>(ulong a, ulong b, ref FloatEnvironment environment)
            where TFormat : struct, IBinaryFormat;
    }

    /// <summary>Computes the first <paramref name="count"/> elements; the others stay those of <paramref name="a"/>.</summary>
    internal static Vector128<byte> Singles<TOperation>(
        Vector128<byte> a, Vector128<byte> b, int count, ref FloatEnvironment environment)
        where TOperation : struct, IOperation
    {
        Vector128<uint> left = a.AsUInt32();
        Vector128<uint> right = b.AsUInt32();
        Vector128<uint> result = left;
        for (int i = 0; i < count; i++)
            result = result.WithElement(i, (uint)TOperation.Compute<Binary32>(left[i], right[i], ref environment));
        return result.AsByte();
    }

    /// <inheritdoc cref="Singles"/>
    internal static Vector128<byte> Doubles<TOperation>(
        Vector128<byte> a, Vector128<byte> b, int count, ref FloatEnvironment environment)
        where TOperation : struct, IOperation
    {
        Vector128<ulong> left = a.AsUInt64();
        Vector128<ulong> right = b.AsUInt64();
        Vector128<ulong> result = left;
        for (int i = 0; i < count; i++)
            result = result.WithElement(i, TOperation.Compute<Binary64>(left[i], right[i], ref environment));
        return result.AsByte();
    }
}
