using System;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>x87's packed decimal integers: eighteen digits, two a byte, and a sign in the top bit of the tenth byte.</summary>
static class PackedDecimal
{
    const ulong Limit = 1_000_000_000_000_000_000;
    const int DigitBytes = 9;

    /// <summary>What an invalid store gives.</summary>
    internal static Float80 Indefinite { get; } = new(0xffff, 0xc000_0000_0000_0000);

    /// <summary>Reads one. Digits above nine are undefined; they count what they are worth.</summary>
    internal static Float80 Load(Float80 raw)
    {
        uint first = (uint)raw.SignExponent & 0xff;
        ulong value = ((first >> 4) * 10) + (first & 0xf);
        for (int i = DigitBytes - 2; i >= 0; i--)
        {
            uint pair = (uint)(raw.Significand >> (8 * i)) & 0xff;
            value = (value * 100) + ((pair >> 4) * 10) + (pair & 0xf);
        }

        if (value == 0)
            return Float80.Pack(Unpacked.Zero(raw.Sign));
        Unrounded number = Unrounded.Normalize(raw.Sign, 63, value, 0);
        return Float80.Pack(new Unpacked(FloatClass.Finite, raw.Sign, number.Exponent, number.High));
    }

    /// <summary>Rounds a number to one.</summary>
    internal static Float80 Store(in Unpacked value, ref FloatEnvironment environment)
    {
        if (value.IsZero)
            return new Float80((ushort)(value.Sign ? 0x8000 : 0), 0);
        bool up = false;
        ulong magnitude = 0;
        bool fits = value.Class == FloatClass.Finite && value.Exponent < 63;
        bool exact = fits && IeeeConversion.RoundToWhole(value, environment.Rounding, out magnitude, out up);
        if (!fits || magnitude >= Limit)
        {
            environment.Raised = FloatExceptions.Invalid;
            return Indefinite;
        }

        environment.RoundedUp = up;
        if (!exact)
            environment.Raise(FloatExceptions.Inexact);
        UInt128 digits = 0;
        for (int i = 0; i < 2 * DigitBytes; i++)
        {
            digits |= (UInt128)(magnitude % 10) << (4 * i);
            magnitude /= 10;
        }

        return new Float80((ushort)((ushort)(digits >> 64) | (value.Sign ? 0x8000 : 0)), (ulong)digits);
    }
}
