using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Simd;

/// <summary>CMPPS and its kin, which give masks, and COMISS and its kin, which give flags.</summary>
static class FloatComparison
{
    /// <summary>Whether an operation compares with an immediate predicate.</summary>
    internal static bool IsComparison(Mnemonic operation) =>
        operation is Mnemonic.Cmpps or Mnemonic.Cmppd or Mnemonic.Cmpss or Mnemonic.Cmpsd;

    /// <summary>All ones in each element for which the predicate holds.</summary>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    internal static bool TryExecute(
        Mnemonic operation, Vector128<byte> a, Vector128<byte> b, byte predicate, ref Mxcsr mxcsr, out Vector128<byte> result)
    {
        FloatEnvironment environment = mxcsr.Environment;
        if (operation is Mnemonic.Cmpps or Mnemonic.Cmpss)
        {
            Vector128<uint> singles = a.AsUInt32();
            int count = operation == Mnemonic.Cmpps ? 4 : 1;
            for (int i = 0; i < count; i++)
                singles = singles.WithElement(
                    i, Holds<Binary32>(a.AsUInt32()[i], b.AsUInt32()[i], predicate, ref environment) ? uint.MaxValue : 0);
            result = singles.AsByte();
        }
        else
        {
            Vector128<ulong> doubles = a.AsUInt64();
            int count = operation == Mnemonic.Cmppd ? 2 : 1;
            for (int i = 0; i < count; i++)
                doubles = doubles.WithElement(
                    i, Holds<Binary64>(a.AsUInt64()[i], b.AsUInt64()[i], predicate, ref environment) ? ulong.MaxValue : 0);
            result = doubles.AsByte();
        }

        return mxcsr.TryCommit(environment);
    }

    /// <summary>COMISS, COMISD, UCOMISS, UCOMISD: the order as ZF, PF and CF.</summary>
    /// <param name="a">The left operand's bits.</param>
    /// <param name="b">The right operand's bits.</param>
    /// <param name="signaling">Quiet NaNs are invalid too, as COMISS has it.</param>
    /// <param name="mxcsr">Controls in, flags out.</param>
    /// <param name="order">−1, 0, 1 or unordered.</param>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    internal static bool TryOrder<TFormat>(ulong a, ulong b, bool signaling, ref Mxcsr mxcsr, out int order)
        where TFormat : struct, IBinaryFormat
    {
        FloatEnvironment environment = mxcsr.Environment;
        order = IeeeArithmetic<TFormat>.Compare(a, b, signaling, ref environment);
        return mxcsr.TryCommit(environment);
    }

    // Predicates: EQ, LT, LE, UNORD, and 4 to 7 their negations. Only the orders signal quiet NaNs.
    static bool Holds<TFormat>(ulong a, ulong b, byte predicate, ref FloatEnvironment environment)
        where TFormat : struct, IBinaryFormat
    {
        bool signaling = (predicate & 3) is 1 or 2;
        int order = IeeeArithmetic<TFormat>.Compare(a, b, signaling, ref environment);
        bool holds = (predicate & 3) switch
        {
            0 => order == 0,
            1 => order == -1,
            2 => order is -1 or 0,
            _ => order == IeeeArithmetic<TFormat>.Unordered,
        };
        return holds != ((predicate & 4) != 0);
    }
}
