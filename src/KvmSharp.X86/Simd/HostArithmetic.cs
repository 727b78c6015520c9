using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Simd;

/// <summary>
/// Floating point on the host's own arithmetic, where it provably gives the guest's result and flags.
/// </summary>
/// <remarks>
/// .NET gives no access to the host's flags, so they are proved instead:
/// <list type="bullet">
/// <item>the guest rounds to nearest and masks inexact, as the host does always;</item>
/// <item>operands and result are zero or in a range well inside the normal numbers: then there is no invalid, denormal,
/// overflow or underflow, and DAZ and FTZ do not matter;</item>
/// <item>inexact is left. Once its sticky flag is set nothing more can be. Until then the rounding error is computed, which in
/// that range is a number itself: the error of a sum by Knuth's two-sum, that of a product, quotient or root by a fused
/// multiply-add. It is zero just if the result is exact.</item>
/// </list>
/// Everything else goes to the exact arithmetic.
/// </remarks>
static class HostArithmetic
{
    /// <summary>An operation that the host has too.</summary>
    internal interface IOperation : FloatLanes.IOperation
    {
        /// <summary>Only the second operand counts.</summary>
        static abstract bool HasUnaryOperand { get; }

        static abstract Vector128<T> Host<T>(Vector128<T> a, Vector128<T> b);

        /// <summary>All ones in each element where a result of zero is exact, and not a tiny number lost.</summary>
        static abstract Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b);

        /// <summary>Zero in each element whose result is exact.</summary>
        static abstract Vector128<T> Error<T>(Vector128<T> a, Vector128<T> b, Vector128<T> result);
    }

    // Magnitudes between these, as bits. Below, the error of a product might not be a number; above, a step of two-sum
    // might overflow.
    const int SingleLow = (127 - 96) << 23;
    const int SingleHigh = (127 + 126) << 23;
    const long DoubleLow = (1023L - 900) << 52;
    const long DoubleHigh = (1023L + 1022) << 52;

    /// <summary>Computes the first <paramref name="count"/> elements of binary64 numbers.</summary>
    /// <param name="a">The left operand; elements beyond the count are kept.</param>
    /// <param name="b">The right operand.</param>
    /// <param name="count">1 or 2.</param>
    /// <param name="mxcsr">Controls in, flags out.</param>
    /// <param name="result">The result.</param>
    /// <returns>False when an unmasked exception was met and there is no result.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryDoubles<TOperation>(
        Vector128<byte> a, Vector128<byte> b, int count, ref Mxcsr mxcsr, out Vector128<byte> result)
        where TOperation : struct, IOperation
    {
        if (mxcsr.IsHostLike)
        {
            Vector128<double> left = a.AsDouble();
            Vector128<double> right = b.AsDouble();
            if (count == 1)
            {
                // Idle elements must neither fail the test nor raise anything: with ones, all operations are exact.
                left = left.WithElement(1, 1.0);
                right = right.WithElement(1, 1.0);
            }

            Vector128<double> computed = TOperation.Host(left, right);
            if (AreSafe(right, Vector128<long>.AllBitsSet) && AreSafe(computed, TOperation.ZeroIsExact(left, right).AsInt64())
                && (TOperation.HasUnaryOperand || AreSafe(left, Vector128<long>.AllBitsSet)))
            {
                if (!mxcsr.HasInexact && TOperation.Error(left, right, computed) != Vector128<double>.Zero)
                    mxcsr.RaiseInexact();
                result = (count == 1 ? a.AsDouble().WithElement(0, computed[0]) : computed).AsByte();
                return true;
            }
        }

        bool done = TryDoublesExactly<TOperation>(a, b, count, ref mxcsr, out Vector128<byte> exact);
        result = exact;
        return done;
    }

    /// <summary>The same for binary32, with up to four elements.</summary>
    /// <inheritdoc cref="TryDoubles"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TrySingles<TOperation>(
        Vector128<byte> a, Vector128<byte> b, int count, ref Mxcsr mxcsr, out Vector128<byte> result)
        where TOperation : struct, IOperation
    {
        if (mxcsr.IsHostLike)
        {
            Vector128<float> left = a.AsSingle();
            Vector128<float> right = b.AsSingle();
            if (count == 1)
            {
                left = Vector128.Create(left[0], 1, 1, 1);
                right = Vector128.Create(right[0], 1, 1, 1);
            }

            Vector128<float> computed = TOperation.Host(left, right);
            if (AreSafe(right, Vector128<int>.AllBitsSet) && AreSafe(computed, TOperation.ZeroIsExact(left, right).AsInt32())
                && (TOperation.HasUnaryOperand || AreSafe(left, Vector128<int>.AllBitsSet)))
            {
                if (!mxcsr.HasInexact && TOperation.Error(left, right, computed) != Vector128<float>.Zero)
                    mxcsr.RaiseInexact();
                result = (count == 1 ? a.AsSingle().WithElement(0, computed[0]) : computed).AsByte();
                return true;
            }
        }

        bool done = TrySinglesExactly<TOperation>(a, b, count, ref mxcsr, out Vector128<byte> exact);
        result = exact;
        return done;
    }

    // Methods of their own: what they need on the stack would have to be cleared each time, and a variable that is passed by
    // reference cannot be in a register.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool TryDoublesExactly<TOperation>(
        Vector128<byte> a, Vector128<byte> b, int count, ref Mxcsr mxcsr, out Vector128<byte> result)
        where TOperation : struct, IOperation
    {
        FloatEnvironment environment = mxcsr.Environment;
        result = FloatLanes.Doubles<TOperation>(a, b, count, ref environment);
        return mxcsr.TryCommit(environment);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool TrySinglesExactly<TOperation>(
        Vector128<byte> a, Vector128<byte> b, int count, ref Mxcsr mxcsr, out Vector128<byte> result)
        where TOperation : struct, IOperation
    {
        FloatEnvironment environment = mxcsr.Environment;
        result = FloatLanes.Singles<TOperation>(a, b, count, ref environment);
        return mxcsr.TryCommit(environment);
    }

    /// <summary>Knuth's two-sum: what a + b has lost.</summary>
    internal static Vector128<T> ErrorOfSum<T>(Vector128<T> a, Vector128<T> b, Vector128<T> sum)
    {
        Vector128<T> shareOfB = sum - a;
        Vector128<T> shareOfA = sum - shareOfB;
        return (a - shareOfA) + (b - shareOfB);
    }

    internal static Vector128<T> FusedMultiplyAdd<T>(Vector128<T> a, Vector128<T> b, Vector128<T> c) =>
        typeof(T) == typeof(double)
            ? Vector128.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>()
            : Vector128.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>();

    // Of a magnitude in the range, or zero where that is welcome.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool AreSafe(Vector128<double> values, Vector128<long> zeroIsWelcome)
    {
        Vector128<long> magnitudes = values.AsInt64() & Vector128.Create(long.MaxValue);
        Vector128<long> unsafeOnes = Vector128.GreaterThan(
            (magnitudes - Vector128.Create(DoubleLow)).AsUInt64(), Vector128.Create((ulong)(DoubleHigh - DoubleLow))).AsInt64();
        return (unsafeOnes & ~(Vector128.Equals(magnitudes, Vector128<long>.Zero) & zeroIsWelcome)) == Vector128<long>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool AreSafe(Vector128<float> values, Vector128<int> zeroIsWelcome)
    {
        Vector128<int> magnitudes = values.AsInt32() & Vector128.Create(int.MaxValue);
        Vector128<int> unsafeOnes = Vector128.GreaterThan(
            (magnitudes - Vector128.Create(SingleLow)).AsUInt32(), Vector128.Create((uint)(SingleHigh - SingleLow))).AsInt32();
        return (unsafeOnes & ~(Vector128.Equals(magnitudes, Vector128<int>.Zero) & zeroIsWelcome)) == Vector128<int>.Zero;
    }
}
