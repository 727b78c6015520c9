using System.Runtime.Intrinsics;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Simd;

/// <summary>The operations of <see cref="FloatLanes"/>, and what the host does for the same.</summary>
static class FloatOperations
{
    internal readonly struct Add : HostArithmetic.IOperation
    {
        public static bool HasUnaryOperand => false;

        public static ulong Compute<TFormat>(ulong a, ulong b, ref FloatEnvironment environment)
            where TFormat : struct, IBinaryFormat => IeeeArithmetic<TFormat>.Add(a, b, ref environment);

        public static Vector128<T> Host<T>(Vector128<T> a, Vector128<T> b) => a + b;

        public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) =>
            Vector128<T>.AllBitsSet;

        public static Vector128<T> Error<T>(Vector128<T> a, Vector128<T> b, Vector128<T> sum) => HostArithmetic.ErrorOfSum(a, b, sum);
    }

    internal readonly struct Subtract : HostArithmetic.IOperation
    {
        public static bool HasUnaryOperand => false;

        public static ulong Compute<TFormat>(ulong a, ulong b, ref FloatEnvironment environment)
            where TFormat : struct, IBinaryFormat => IeeeArithmetic<TFormat>.Subtract(a, b, ref environment);

        public static Vector128<T> Host<T>(Vector128<T> a, Vector128<T> b) => a - b;

        public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) =>
            Vector128<T>.AllBitsSet;

        public static Vector128<T> Error<T>(Vector128<T> a, Vector128<T> b, Vector128<T> difference) =>
            HostArithmetic.ErrorOfSum(a, -b, difference);
    }

    internal readonly struct Multiply : HostArithmetic.IOperation
    {
        public static bool HasUnaryOperand => false;

        public static ulong Compute<TFormat>(ulong a, ulong b, ref FloatEnvironment environment)
            where TFormat : struct, IBinaryFormat => IeeeArithmetic<TFormat>.Multiply(a, b, ref environment);

        public static Vector128<T> Host<T>(Vector128<T> a, Vector128<T> b) => a * b;

        public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) =>
            Vector128.Equals(a, Vector128<T>.Zero) | Vector128.Equals(b, Vector128<T>.Zero);

        public static Vector128<T> Error<T>(Vector128<T> a, Vector128<T> b, Vector128<T> product) =>
            HostArithmetic.FusedMultiplyAdd(a, b, -product);
    }

    internal readonly struct Divide : HostArithmetic.IOperation
    {
        public static bool HasUnaryOperand => false;

        public static ulong Compute<TFormat>(ulong a, ulong b, ref FloatEnvironment environment)
            where TFormat : struct, IBinaryFormat => IeeeArithmetic<TFormat>.Divide(a, b, ref environment);

        public static Vector128<T> Host<T>(Vector128<T> a, Vector128<T> b) => a / b;

        public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) =>
            Vector128.Equals(a, Vector128<T>.Zero);

        public static Vector128<T> Error<T>(Vector128<T> a, Vector128<T> b, Vector128<T> quotient) =>
            HostArithmetic.FusedMultiplyAdd(-quotient, b, a);
    }

    internal readonly struct SquareRoot : HostArithmetic.IOperation
    {
        public static bool HasUnaryOperand => true;

        public static ulong Compute<TFormat>(ulong a, ulong b, ref FloatEnvironment environment)
            where TFormat : struct, IBinaryFormat => IeeeArithmetic<TFormat>.SquareRoot(b, ref environment);

        public static Vector128<T> Host<T>(Vector128<T> a, Vector128<T> b) => Vector128.Sqrt(b);

        public static Vector128<T> ZeroIsExact<T>(Vector128<T> a, Vector128<T> b) =>
            Vector128<T>.AllBitsSet;

        public static Vector128<T> Error<T>(Vector128<T> a, Vector128<T> b, Vector128<T> root) =>
            HostArithmetic.FusedMultiplyAdd(-root, root, b);
    }

    internal readonly struct Minimum : FloatLanes.IOperation
    {
        public static ulong Compute<TFormat>(ulong a, ulong b, ref FloatEnvironment environment)
            where TFormat : struct, IBinaryFormat => IeeeArithmetic<TFormat>.Minimum(a, b, ref environment);
    }

    internal readonly struct Maximum : FloatLanes.IOperation
    {
        public static ulong Compute<TFormat>(ulong a, ulong b, ref FloatEnvironment environment)
            where TFormat : struct, IBinaryFormat => IeeeArithmetic<TFormat>.Maximum(a, b, ref environment);
    }
}
