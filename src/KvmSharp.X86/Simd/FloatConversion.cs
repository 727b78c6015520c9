using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Simd;

/// <summary>Conversions between vectors of numbers and of integers.</summary>
static class FloatConversion
{
    /// <summary>Whether an operation converts within vector registers.</summary>
    internal static bool IsConversion(Mnemonic operation) => operation is
        Mnemonic.Cvtdq2ps or Mnemonic.Cvtdq2pd or Mnemonic.Cvtps2dq or Mnemonic.Cvttps2dq or Mnemonic.Cvtpd2dq
        or Mnemonic.Cvttpd2dq or Mnemonic.Cvtps2pd or Mnemonic.Cvtpd2ps or Mnemonic.Cvtss2sd or Mnemonic.Cvtsd2ss
        or Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd or Mnemonic.Cvtps2pi or Mnemonic.Cvttps2pi or Mnemonic.Cvtpd2pi
        or Mnemonic.Cvttpd2pi;

    /// <summary>Converts <paramref name="b"/>; what is not converted stays from <paramref name="a"/> or is zero, as each defines.</summary>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    internal static bool TryExecute(
        Mnemonic operation, Vector128<byte> a, Vector128<byte> b, ref Mxcsr mxcsr, out Vector128<byte> result)
    {
        FloatEnvironment environment = mxcsr.Environment;
        result = operation switch
        {
            Mnemonic.Cvtdq2ps => SinglesFromIntegers(b, 4, b.AsInt32(), ref environment),
            Mnemonic.Cvtpi2ps => SinglesFromIntegers(a, 2, b.AsInt32(), ref environment),
            // Exact for every integer.
            Mnemonic.Cvtdq2pd or Mnemonic.Cvtpi2pd => Vector128.Create((double)b.AsInt32()[0], b.AsInt32()[1]).AsByte(),
            Mnemonic.Cvtps2dq => IntegersFromSingles(b, 4, false, ref environment),
            Mnemonic.Cvttps2dq => IntegersFromSingles(b, 4, true, ref environment),
            Mnemonic.Cvtps2pi => IntegersFromSingles(b, 2, false, ref environment),
            Mnemonic.Cvttps2pi => IntegersFromSingles(b, 2, true, ref environment),
            Mnemonic.Cvtpd2dq or Mnemonic.Cvtpd2pi => IntegersFromDoubles(b, false, ref environment),
            Mnemonic.Cvttpd2dq or Mnemonic.Cvttpd2pi => IntegersFromDoubles(b, true, ref environment),
            Mnemonic.Cvtps2pd => Vector128.Create(Widen(b, 0, ref environment), Widen(b, 1, ref environment)).AsByte(),
            Mnemonic.Cvtss2sd => a.AsUInt64().WithElement(0, Widen(b, 0, ref environment)).AsByte(),
            Mnemonic.Cvtpd2ps => Vector128.Create(Narrow(b, 0, ref environment), Narrow(b, 1, ref environment), 0, 0).AsByte(),
            _ => a.AsUInt32().WithElement(0, Narrow(b, 0, ref environment)).AsByte(),
        };
        return mxcsr.TryCommit(environment);
    }

    /// <summary>CVTSI2SS and CVTSI2SD.</summary>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    internal static bool TryFromInteger<TFormat>(long value, ref Mxcsr mxcsr, out ulong bits)
        where TFormat : struct, IBinaryFormat
    {
        FloatEnvironment environment = mxcsr.Environment;
        bits = IeeeConversion.FromInteger<TFormat>(value, ref environment);
        return mxcsr.TryCommit(environment);
    }

    /// <summary>CVTSS2SI, CVTSD2SI and the truncating ones.</summary>
    /// <param name="bits">The number.</param>
    /// <param name="size">32 or 64 bits of result.</param>
    /// <param name="truncate">Rounds towards zero instead of as MXCSR says.</param>
    /// <param name="mxcsr">Controls in, flags out.</param>
    /// <param name="value">The integer.</param>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    internal static bool TryToInteger<TFormat>(ulong bits, int size, bool truncate, ref Mxcsr mxcsr, out long value)
        where TFormat : struct, IBinaryFormat
    {
        FloatEnvironment environment = mxcsr.Environment;
        value = IeeeConversion.ToInteger<TFormat>(bits, size, truncate, ref environment);
        return mxcsr.TryCommit(environment);
    }

    static Vector128<byte> SinglesFromIntegers(Vector128<byte> into, int count, Vector128<int> values, ref FloatEnvironment environment)
    {
        Vector128<uint> result = into.AsUInt32();
        for (int i = 0; i < count; i++)
            result = result.WithElement(i, (uint)IeeeConversion.FromInteger<Binary32>(values[i], ref environment));
        return result.AsByte();
    }

    static Vector128<byte> IntegersFromSingles(Vector128<byte> b, int count, bool truncate, ref FloatEnvironment environment)
    {
        Vector128<int> result = default;
        for (int i = 0; i < count; i++)
            result = result.WithElement(
                i, (int)IeeeConversion.ToInteger<Binary32>(b.AsUInt32()[i], 32, truncate, ref environment));
        return result.AsByte();
    }

    static Vector128<byte> IntegersFromDoubles(Vector128<byte> b, bool truncate, ref FloatEnvironment environment)
    {
        Vector128<int> result = default;
        for (int i = 0; i < 2; i++)
            result = result.WithElement(
                i, (int)IeeeConversion.ToInteger<Binary64>(b.AsUInt64()[i], 32, truncate, ref environment));
        return result.AsByte();
    }

    static ulong Widen(Vector128<byte> b, int i, ref FloatEnvironment environment) =>
        IeeeConversion.Convert<Binary32, Binary64>(b.AsUInt32()[i], ref environment);

    static uint Narrow(Vector128<byte> b, int i, ref FloatEnvironment environment) =>
        (uint)IeeeConversion.Convert<Binary64, Binary32>(b.AsUInt64()[i], ref environment);
}
