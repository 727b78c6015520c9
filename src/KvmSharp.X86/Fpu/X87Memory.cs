using System.Numerics;
using Iced.Intel;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>Memory operands of x87: up to ten bytes, as they came, in the fields of a <see cref="Float80"/>.</summary>
static class X87Memory
{
    /// <summary>Bytes of an operand.</summary>
    internal static int SizeOf(MemorySize size) => size switch
    {
        MemorySize.Int16 => 2,
        MemorySize.Int32 or MemorySize.Float32 => 4,
        MemorySize.Int64 or MemorySize.Float64 => 8,
        _ => 10,
    };

    /// <summary>Takes an operand apart.</summary>
    internal static Unpacked Unpack(Float80 raw, MemorySize size, ref FloatEnvironment environment) => size switch
    {
        MemorySize.Float32 => Ieee<Binary32>.Unpack((uint)raw.Significand, ref environment),
        MemorySize.Float64 => Ieee<Binary64>.Unpack(raw.Significand, ref environment),
        MemorySize.Int16 => FromInteger((short)raw.Significand),
        MemorySize.Int32 => FromInteger((int)raw.Significand),
        MemorySize.Int64 => FromInteger((long)raw.Significand),
        MemorySize.Bcd => PackedDecimal.Load(raw).UnpackQuietly(),
        _ => raw.UnpackQuietly(),
    };

    /// <summary>What an operand is as a register's value; a NaN becomes quiet unless it is copied whole.</summary>
    internal static Float80 Load(Float80 raw, MemorySize size, ref FloatEnvironment environment)
    {
        if (size == MemorySize.Float80)
            return raw;
        Unpacked value = Unpack(raw, size, ref environment);
        if (value.Class == FloatClass.SignalingNaN)
            environment.Raise(FloatExceptions.Invalid);
        return Float80.Pack(value);
    }

    /// <summary>What a register's value is as an operand.</summary>
    /// <param name="value">The value.</param>
    /// <param name="size">The operand.</param>
    /// <param name="truncate">Rounds towards zero, as FISTTP does.</param>
    /// <param name="environment">Controls in, exceptions out.</param>
    internal static Float80 Store(Float80 value, MemorySize size, bool truncate, ref FloatEnvironment environment)
    {
        if (size == MemorySize.Float80)
            return value;
        // A store says nothing about denormals.
        Unpacked number = value.UnpackQuietly();
        RoundingMode rounding = truncate ? RoundingMode.Truncate : environment.Rounding;
        return size switch
        {
            MemorySize.Float32 => new Float80(0, StoreNumber<Binary32>(number, ref environment)),
            MemorySize.Float64 => new Float80(0, StoreNumber<Binary64>(number, ref environment)),
            MemorySize.Bcd => PackedDecimal.Store(number, ref environment),
            _ => new Float80(0, (ulong)IeeeConversion.ToInteger(number, SizeOf(size) * 8, rounding, ref environment)),
        };
    }

    /// <summary>What a store of an empty register gives.</summary>
    internal static Float80 Indefinite(MemorySize size) => size switch
    {
        MemorySize.Float32 => new Float80(0, Ieee<Binary32>.DefaultNaN),
        MemorySize.Float64 => new Float80(0, Ieee<Binary64>.DefaultNaN),
        MemorySize.Int16 => new Float80(0, unchecked((ulong)short.MinValue)),
        MemorySize.Int32 => new Float80(0, unchecked((ulong)int.MinValue)),
        MemorySize.Int64 => new Float80(0, unchecked((ulong)long.MinValue)),
        MemorySize.Bcd => PackedDecimal.Indefinite,
        _ => Float80.DefaultNaN,
    };

    static ulong StoreNumber<TFormat>(in Unpacked value, ref FloatEnvironment environment)
        where TFormat : struct, IBinaryFormat
    {
        switch (value.Class)
        {
            case FloatClass.Finite:
                return Ieee<TFormat>.Round(ExtendedArithmetic.Exactly(value), ref environment);
            case FloatClass.Unsupported:
                environment.Raise(FloatExceptions.Invalid);
                return Ieee<TFormat>.DefaultNaN;
            case FloatClass.SignalingNaN:
                environment.Raise(FloatExceptions.Invalid);
                return Ieee<TFormat>.Pack(value);
            default:
                return Ieee<TFormat>.Pack(value);
        }
    }

    static Unpacked FromInteger(long value)
    {
        if (value == 0)
            return Unpacked.Zero(false);
        ulong magnitude = value < 0 ? 0 - (ulong)value : (ulong)value;
        int shift = BitOperations.LeadingZeroCount(magnitude);
        return new Unpacked(FloatClass.Finite, value < 0, 63 - shift, magnitude << shift);
    }
}
