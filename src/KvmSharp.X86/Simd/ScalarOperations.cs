using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using KvmSharp.X86.FloatingPoint;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Simd;

// What the shapes of scalar instructions do. Numbers that are zero, normal or infinite raise nothing but inexact, so the host
// compares and converts those; the rest goes to the exact arithmetic.

/// <summary>COMISS and its kin: the order of two numbers as ZF, PF and CF.</summary>
readonly struct OrderSink<TFormat>(int left, bool signaling) : IVectorSink
    where TFormat : struct, IBinaryFormat
{
    public bool TryTake(Cpu cpu, Vector128<byte> source)
    {
        Vector128<byte> first = cpu.Xmm[left];
        if (HostNumber<TFormat>.TryRead(first, out double a) && HostNumber<TFormat>.TryRead(source, out double b))
        {
            cpu.State.Flags.Value = a < b ? RFlags.CF : a == b ? RFlags.ZF : 0;
            return true;
        }
        if (!FloatComparison.TryOrder<TFormat>(
            HostNumber<TFormat>.BitsOf(first), HostNumber<TFormat>.BitsOf(source), signaling, ref cpu.Mxcsr, out int order))
        {
            return false;
        }
        cpu.State.Flags.Value = order switch
        {
            -1 => RFlags.CF,
            0 => RFlags.ZF,
            1 => 0,
            _ => RFlags.ZF | RFlags.PF | RFlags.CF,
        };
        return true;
    }
}

/// <summary>CVTSD2SI and its kin.</summary>
readonly struct ToIntegerSink<TFormat, TSize>(int destination, bool truncate) : IVectorSink
    where TFormat : struct, IBinaryFormat
    where TSize : struct, IOperandSize
{
    public bool TryTake(Cpu cpu, Vector128<byte> source)
    {
        if (cpu.Mxcsr.IsHostLike && HostNumber<TFormat>.TryRead(source, out double number))
        {
            double limit = TSize.Bits == 64 ? 1UL << 63 : 1UL << 31;
            double whole = truncate ? Math.Truncate(number) : Math.Round(number);
            if (whole >= -limit && whole < limit)
            {
                if (whole != number)
                    cpu.Mxcsr.RaiseInexact();
                TSize.Write(ref cpu.State.Registers, destination, (ulong)(long)whole);
                return true;
            }
        }
        if (!FloatConversion.TryToInteger<TFormat>(
            HostNumber<TFormat>.BitsOf(source), TSize.Bits, truncate, ref cpu.Mxcsr, out long value))
        {
            return false;
        }
        TSize.Write(ref cpu.State.Registers, destination, (ulong)value);
        return true;
    }
}

/// <summary>MOVD and MOVQ to a general register.</summary>
readonly struct MoveSink<TSize>(int destination) : IVectorSink
    where TSize : struct, IOperandSize
{
    public bool TryTake(Cpu cpu, Vector128<byte> source)
    {
        TSize.Write(ref cpu.State.Registers, destination, source.AsUInt64()[0]);
        return true;
    }
}

/// <summary>MOVMSKPS, MOVMSKPD and PMOVMSKB: the sign of each element.</summary>
/// <typeparam name="T">The element.</typeparam>
readonly struct SignsSink<T>(int destination) : IVectorSink
    where T : struct
{
    public bool TryTake(Cpu cpu, Vector128<byte> source)
    {
        Dword32.Write(ref cpu.State.Registers, destination, source.As<byte, T>().ExtractMostSignificantBits());
        return true;
    }
}

/// <summary>CVTSI2SS and CVTSI2SD.</summary>
readonly struct FromIntegerMaker<TFormat, TSize> : IVectorMaker
    where TFormat : struct, IBinaryFormat
    where TSize : struct, IOperandSize
{
    public bool TryMake(Cpu cpu, ulong value, ref Vector128<byte> destination)
    {
        long integer = TSize.SignExtend(value);
        // Exact, as the fraction has room for it.
        if (long.Abs(integer >> 1) < 1L << TFormat.FractionBits)
        {
            HostNumber<TFormat>.Write(integer, ref destination);
            return true;
        }
        if (!FloatConversion.TryFromInteger<TFormat>(integer, ref cpu.Mxcsr, out ulong bits))
            return false;
        HostNumber<TFormat>.WriteBits(bits, ref destination);
        return true;
    }
}

/// <summary>MOVD and MOVQ from a general register: the rest becomes zero.</summary>
readonly struct MoveMaker : IVectorMaker
{
    public bool TryMake(Cpu cpu, ulong value, ref Vector128<byte> destination)
    {
        destination = Vector128.CreateScalar(value).AsByte();
        return true;
    }
}

/// <summary>The lowest element of a vector as a number of the host's.</summary>
static class HostNumber<TFormat>
    where TFormat : struct, IBinaryFormat
{
    static bool IsDouble => typeof(TFormat) == typeof(Binary64);

    /// <summary>Reads a number that is zero, normal or infinite: one that no operation minds.</summary>
    /// <returns>False for one that is denormal or none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryRead(Vector128<byte> vector, out double number)
    {
        number = IsDouble ? vector.AsDouble()[0] : vector.AsSingle()[0];
        if (IsDouble)
            return !double.IsSubnormal(number) && !double.IsNaN(number);
        return !float.IsSubnormal(vector.AsSingle()[0]) && !float.IsNaN(vector.AsSingle()[0]);
    }

    internal static ulong BitsOf(Vector128<byte> vector) => IsDouble ? vector.AsUInt64()[0] : vector.AsUInt32()[0];

    /// <summary>Writes an integer that the format holds exactly; the other elements stay.</summary>
    internal static void Write(long integer, ref Vector128<byte> vector) => vector = IsDouble
        ? vector.AsDouble().WithElement(0, integer).AsByte()
        : vector.AsSingle().WithElement(0, integer).AsByte();

    internal static void WriteBits(ulong bits, ref Vector128<byte> vector) => vector = IsDouble
        ? vector.AsUInt64().WithElement(0, bits).AsByte()
        : vector.AsUInt32().WithElement(0, (uint)bits).AsByte();
}
