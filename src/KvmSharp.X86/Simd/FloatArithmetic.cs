using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Simd;

/// <summary>SSE's arithmetic: what takes two vectors of numbers and gives one.</summary>
static class FloatArithmetic
{
    /// <summary>Whether an operation is one of these.</summary>
    internal static bool IsArithmetic(Mnemonic operation) => operation is
        Mnemonic.Addps or Mnemonic.Addpd or Mnemonic.Addss or Mnemonic.Addsd
        or Mnemonic.Subps or Mnemonic.Subpd or Mnemonic.Subss or Mnemonic.Subsd
        or Mnemonic.Mulps or Mnemonic.Mulpd or Mnemonic.Mulss or Mnemonic.Mulsd
        or Mnemonic.Divps or Mnemonic.Divpd or Mnemonic.Divss or Mnemonic.Divsd
        or Mnemonic.Sqrtps or Mnemonic.Sqrtpd or Mnemonic.Sqrtss or Mnemonic.Sqrtsd
        or Mnemonic.Minps or Mnemonic.Minpd or Mnemonic.Minss or Mnemonic.Minsd
        or Mnemonic.Maxps or Mnemonic.Maxpd or Mnemonic.Maxss or Mnemonic.Maxsd
        or Mnemonic.Haddps or Mnemonic.Haddpd or Mnemonic.Hsubps or Mnemonic.Hsubpd
        or Mnemonic.Addsubps or Mnemonic.Addsubpd or Mnemonic.Dpps or Mnemonic.Dppd
        or Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss
        or Mnemonic.Roundps or Mnemonic.Roundpd or Mnemonic.Roundss or Mnemonic.Roundsd;

    /// <summary>Computes <c>a op b</c>.</summary>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    internal static bool TryExecute(
        Mnemonic operation, Vector128<byte> a, Vector128<byte> b, byte control, ref Mxcsr mxcsr, out Vector128<byte> result)
    {
        switch (operation)
        {
            case Mnemonic.Addpd:
                return HostArithmetic.TryDoubles<FloatOperations.Add>(a, b, 2, ref mxcsr, out result);
            case Mnemonic.Addsd:
                return HostArithmetic.TryDoubles<FloatOperations.Add>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Addps:
                return HostArithmetic.TrySingles<FloatOperations.Add>(a, b, 4, ref mxcsr, out result);
            case Mnemonic.Addss:
                return HostArithmetic.TrySingles<FloatOperations.Add>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Subpd:
                return HostArithmetic.TryDoubles<FloatOperations.Subtract>(a, b, 2, ref mxcsr, out result);
            case Mnemonic.Subsd:
                return HostArithmetic.TryDoubles<FloatOperations.Subtract>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Subps:
                return HostArithmetic.TrySingles<FloatOperations.Subtract>(a, b, 4, ref mxcsr, out result);
            case Mnemonic.Subss:
                return HostArithmetic.TrySingles<FloatOperations.Subtract>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Mulpd:
                return HostArithmetic.TryDoubles<FloatOperations.Multiply>(a, b, 2, ref mxcsr, out result);
            case Mnemonic.Mulsd:
                return HostArithmetic.TryDoubles<FloatOperations.Multiply>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Mulps:
                return HostArithmetic.TrySingles<FloatOperations.Multiply>(a, b, 4, ref mxcsr, out result);
            case Mnemonic.Mulss:
                return HostArithmetic.TrySingles<FloatOperations.Multiply>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Divpd:
                return HostArithmetic.TryDoubles<FloatOperations.Divide>(a, b, 2, ref mxcsr, out result);
            case Mnemonic.Divsd:
                return HostArithmetic.TryDoubles<FloatOperations.Divide>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Divps:
                return HostArithmetic.TrySingles<FloatOperations.Divide>(a, b, 4, ref mxcsr, out result);
            case Mnemonic.Divss:
                return HostArithmetic.TrySingles<FloatOperations.Divide>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Sqrtpd:
                return HostArithmetic.TryDoubles<FloatOperations.SquareRoot>(a, b, 2, ref mxcsr, out result);
            case Mnemonic.Sqrtsd:
                return HostArithmetic.TryDoubles<FloatOperations.SquareRoot>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Sqrtps:
                return HostArithmetic.TrySingles<FloatOperations.SquareRoot>(a, b, 4, ref mxcsr, out result);
            case Mnemonic.Sqrtss:
                return HostArithmetic.TrySingles<FloatOperations.SquareRoot>(a, b, 1, ref mxcsr, out result);
            case Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss:
                // Never an exception, whatever the operand.
                result = FloatApproximation.Execute(operation, a, b);
                return true;
            default:
                FloatEnvironment environment = mxcsr.Environment;
                result = ExecuteExactly(operation, a, b, control, ref environment);
                return mxcsr.TryCommit(environment);
        }
    }

    static Vector128<byte> ExecuteExactly(
        Mnemonic operation, Vector128<byte> a, Vector128<byte> b, byte control, ref FloatEnvironment environment)
    {
        switch (operation)
        {
            case Mnemonic.Minps:
                return FloatLanes.Singles<FloatOperations.Minimum>(a, b, 4, ref environment);
            case Mnemonic.Minss:
                return FloatLanes.Singles<FloatOperations.Minimum>(a, b, 1, ref environment);
            case Mnemonic.Minpd:
                return FloatLanes.Doubles<FloatOperations.Minimum>(a, b, 2, ref environment);
            case Mnemonic.Minsd:
                return FloatLanes.Doubles<FloatOperations.Minimum>(a, b, 1, ref environment);
            case Mnemonic.Maxps:
                return FloatLanes.Singles<FloatOperations.Maximum>(a, b, 4, ref environment);
            case Mnemonic.Maxss:
                return FloatLanes.Singles<FloatOperations.Maximum>(a, b, 1, ref environment);
            case Mnemonic.Maxpd:
                return FloatLanes.Doubles<FloatOperations.Maximum>(a, b, 2, ref environment);
            case Mnemonic.Maxsd:
                return FloatLanes.Doubles<FloatOperations.Maximum>(a, b, 1, ref environment);
            case Mnemonic.Haddps:
                return FloatLanes.Singles<FloatOperations.Add>(Pick(a, b, 0x88), Pick(a, b, 0xdd), 4, ref environment);
            case Mnemonic.Hsubps:
                return FloatLanes.Singles<FloatOperations.Subtract>(Pick(a, b, 0x88), Pick(a, b, 0xdd), 4, ref environment);
            case Mnemonic.Haddpd:
                return FloatLanes.Doubles<FloatOperations.Add>(PickDoubles(a, b, 0), PickDoubles(a, b, 1), 2, ref environment);
            case Mnemonic.Hsubpd:
                return FloatLanes.Doubles<FloatOperations.Subtract>(PickDoubles(a, b, 0), PickDoubles(a, b, 1), 2, ref environment);
            case Mnemonic.Addsubps:
                Vector128<uint> difference = FloatLanes.Singles<FloatOperations.Subtract>(
                    Even(a.AsUInt32()), Even(b.AsUInt32()), 4, ref environment).AsUInt32();
                Vector128<uint> sum = FloatLanes.Singles<FloatOperations.Add>(
                    Odd(a.AsUInt32()), Odd(b.AsUInt32()), 4, ref environment).AsUInt32();
                return Vector128.Create(difference[0], sum[1], difference[2], sum[3]).AsByte();
            case Mnemonic.Addsubpd:
                return Vector128.Create(
                    IeeeArithmetic<Binary64>.Subtract(a.AsUInt64()[0], b.AsUInt64()[0], ref environment),
                    IeeeArithmetic<Binary64>.Add(a.AsUInt64()[1], b.AsUInt64()[1], ref environment)).AsByte();
            case Mnemonic.Dpps:
                return FloatDotProduct.Singles(a.AsUInt32(), b.AsUInt32(), control, ref environment);
            case Mnemonic.Dppd:
                return FloatDotProduct.Doubles(a.AsUInt64(), b.AsUInt64(), control, ref environment);
            case Mnemonic.Roundps:
                return RoundSingles(a, b, 4, control, ref environment);
            case Mnemonic.Roundss:
                return RoundSingles(a, b, 1, control, ref environment);
            case Mnemonic.Roundpd:
                return RoundDoubles(a, b, 2, control, ref environment);
            default:
                return RoundDoubles(a, b, 1, control, ref environment);
        }
    }

    static Vector128<byte> Pick(Vector128<byte> a, Vector128<byte> b, byte control)
    {
        PackedShuffle.TryExecute(Mnemonic.Shufps, a, b, control, out Vector128<byte> picked);
        return picked;
    }

    static Vector128<byte> PickDoubles(Vector128<byte> a, Vector128<byte> b, int index) =>
        Vector128.Create(a.AsUInt64()[index], b.AsUInt64()[index]).AsByte();

    // The even elements, with zeros that raise nothing between; the odd ones.
    static Vector128<byte> Even(Vector128<uint> value) => (value.AsUInt64() & Vector128.Create((ulong)uint.MaxValue)).AsByte();

    static Vector128<byte> Odd(Vector128<uint> value) => (value.AsUInt64() & Vector128.Create(~(ulong)uint.MaxValue)).AsByte();

    // ROUNDPS's control: bits 1:0 the rounding, unless bit 2 asks for MXCSR's; bit 3 keeps inexact quiet.
    static RoundingMode RoundingOf(byte control, in FloatEnvironment environment) =>
        (control & 4) != 0 ? environment.Rounding : (RoundingMode)(control & 3);

    static Vector128<byte> RoundSingles(Vector128<byte> a, Vector128<byte> b, int count, byte control, ref FloatEnvironment environment)
    {
        RoundingMode rounding = RoundingOf(control, environment);
        Vector128<uint> result = a.AsUInt32();
        for (int i = 0; i < count; i++)
            result = result.WithElement(
                i, (uint)IeeeConversion.RoundToWhole<Binary32>(b.AsUInt32()[i], rounding, (control & 8) != 0, ref environment));
        return result.AsByte();
    }

    static Vector128<byte> RoundDoubles(Vector128<byte> a, Vector128<byte> b, int count, byte control, ref FloatEnvironment environment)
    {
        RoundingMode rounding = RoundingOf(control, environment);
        Vector128<ulong> result = a.AsUInt64();
        for (int i = 0; i < count; i++)
            result = result.WithElement(
                i, IeeeConversion.RoundToWhole<Binary64>(b.AsUInt64()[i], rounding, (control & 8) != 0, ref environment));
        return result.AsByte();
    }
}
