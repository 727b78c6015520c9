namespace KvmSharp.X86.FloatingPoint;

/// <summary>
/// The arithmetic of SSE on one element, with its rules: the first operand that is a NaN is the result, made quiet; MIN and
/// MAX give the second operand where they cannot decide.
/// </summary>
/// <remarks>Every exception is exact. Where it is unmasked, the caller throws the result away.</remarks>
static class IeeeArithmetic<TFormat>
    where TFormat : struct, IBinaryFormat
{
    internal static ulong Add(ulong a, ulong b, ref FloatEnvironment environment) =>
        Sum(a, b, false, ref environment);

    internal static ulong Subtract(ulong a, ulong b, ref FloatEnvironment environment) =>
        Sum(a, b, true, ref environment);

    internal static ulong Multiply(ulong a, ulong b, ref FloatEnvironment environment)
    {
        if (Ieee<TFormat>.IsNaN(a) || Ieee<TFormat>.IsNaN(b))
            return PropagateNaN(a, b, ref environment);
        FloatExceptions before = environment.Raised;
        Unpacked x = Ieee<TFormat>.Unpack(a, ref environment);
        Unpacked y = Ieee<TFormat>.Unpack(b, ref environment);
        bool sign = x.Sign ^ y.Sign;
        if (x.Class == FloatClass.Finite && y.Class == FloatClass.Finite)
            return Ieee<TFormat>.Round(ExactArithmetic.Multiply(x, y), ref environment);
        if (x.IsInfinity || y.IsInfinity)
            return x.IsZero || y.IsZero
                ? Invalid(before, ref environment)
                : Ieee<TFormat>.Pack(Unpacked.Infinity(sign));
        return Ieee<TFormat>.Pack(Unpacked.Zero(sign));
    }

    internal static ulong Divide(ulong a, ulong b, ref FloatEnvironment environment)
    {
        if (Ieee<TFormat>.IsNaN(a) || Ieee<TFormat>.IsNaN(b))
            return PropagateNaN(a, b, ref environment);
        FloatExceptions before = environment.Raised;
        Unpacked x = Ieee<TFormat>.Unpack(a, ref environment);
        Unpacked y = Ieee<TFormat>.Unpack(b, ref environment);
        bool sign = x.Sign ^ y.Sign;
        if (x.Class == FloatClass.Finite && y.Class == FloatClass.Finite)
            return Ieee<TFormat>.Round(ExactArithmetic.Divide(x, y), ref environment);
        if (x.Class == y.Class)
            return Invalid(before, ref environment);
        if (y.IsZero && !x.IsInfinity)
        {
            // Division by zero comes before a denormal dividend.
            environment.Raised = before | FloatExceptions.DivideByZero;
            return Ieee<TFormat>.Pack(Unpacked.Infinity(sign));
        }

        return Ieee<TFormat>.Pack(x.IsInfinity ? Unpacked.Infinity(sign) : Unpacked.Zero(sign));
    }

    internal static ulong SquareRoot(ulong a, ref FloatEnvironment environment)
    {
        if (Ieee<TFormat>.IsNaN(a))
            return PropagateNaN(a, a, ref environment);
        FloatExceptions before = environment.Raised;
        Unpacked x = Ieee<TFormat>.Unpack(a, ref environment);
        if (x.IsZero)
            return Ieee<TFormat>.Pack(x);
        if (x.Sign)
            return Invalid(before, ref environment);
        return x.IsInfinity ? a : Ieee<TFormat>.Round(ExactArithmetic.SquareRoot(x), ref environment);
    }

    /// <summary>MINPS and its kin.</summary>
    internal static ulong Minimum(ulong a, ulong b, ref FloatEnvironment environment) => Order(ref a, ref b, ref environment) < 0 ? a : b;

    /// <summary>MAXPS and its kin.</summary>
    internal static ulong Maximum(ulong a, ulong b, ref FloatEnvironment environment) => Order(ref a, ref b, ref environment) == 1 ? a : b;

    /// <summary>Compares: −1, 0, 1, or <see cref="Unordered"/>.</summary>
    /// <param name="a">The left operand.</param>
    /// <param name="b">The right operand.</param>
    /// <param name="signaling">A quiet NaN is invalid too.</param>
    /// <param name="environment">Told of what the operands raise.</param>
    internal static int Compare(ulong a, ulong b, bool signaling, ref FloatEnvironment environment)
    {
        if (Ieee<TFormat>.IsNaN(a) || Ieee<TFormat>.IsNaN(b))
        {
            if (signaling || Ieee<TFormat>.IsSignalingNaN(a) || Ieee<TFormat>.IsSignalingNaN(b))
                environment.Raise(FloatExceptions.Invalid);
            return Unordered;
        }

        a = Key(FlushDenormal(a, ref environment));
        b = Key(FlushDenormal(b, ref environment));
        return ((long)a).CompareTo((long)b);
    }

    internal const int Unordered = 2;

    /// <summary>Quiets the NaN that wins.</summary>
    internal static ulong PropagateNaN(ulong a, ulong b, ref FloatEnvironment environment)
    {
        if (Ieee<TFormat>.IsSignalingNaN(a) || Ieee<TFormat>.IsSignalingNaN(b))
            environment.Raise(FloatExceptions.Invalid);
        return (Ieee<TFormat>.IsNaN(a) ? a : b) | Ieee<TFormat>.QuietBit;
    }

    static ulong Sum(ulong a, ulong b, bool subtract, ref FloatEnvironment environment)
    {
        if (Ieee<TFormat>.IsNaN(a) || Ieee<TFormat>.IsNaN(b))
            return PropagateNaN(a, b, ref environment);
        FloatExceptions before = environment.Raised;
        Unpacked x = Ieee<TFormat>.Unpack(a, ref environment);
        Unpacked y = Ieee<TFormat>.Unpack(b, ref environment);
        if (subtract)
            y = y.WithSign(!y.Sign);
        if (x.IsInfinity && y.IsInfinity && x.Sign != y.Sign)
            return Invalid(before, ref environment);
        if (x.IsInfinity || y.IsInfinity)
            return Ieee<TFormat>.Pack(x.IsInfinity ? x : y);
        if (x.IsZero && y.IsZero)
            return Ieee<TFormat>.Pack(Unpacked.Zero(x.Sign == y.Sign ? x.Sign : environment.Rounding == RoundingMode.Down));
        // A sum with zero is exact but still rounded: flushing a denormal to zero happens there.
        Unrounded sum = x.IsZero ? new Unrounded(y.Sign, y.Exponent, y.Significand, 0)
            : y.IsZero ? new Unrounded(x.Sign, x.Exponent, x.Significand, 0)
            : ExactArithmetic.Add(x, y);
        return sum.IsZero
            ? Ieee<TFormat>.Pack(Unpacked.Zero(environment.Rounding == RoundingMode.Down))
            : Ieee<TFormat>.Round(sum, ref environment);
    }

    // −1, 0, 1 as Compare; any NaN is invalid and gives 0, for which both MIN and MAX take the second.
    static int Order(ref ulong a, ref ulong b, ref FloatEnvironment environment)
    {
        FloatExceptions before = environment.Raised;
        a = FlushDenormal(a, ref environment);
        b = FlushDenormal(b, ref environment);
        if (Ieee<TFormat>.IsNaN(a) || Ieee<TFormat>.IsNaN(b))
        {
            environment.Raised = before | FloatExceptions.Invalid;
            return 0;
        }

        return ((long)Key(a)).CompareTo((long)Key(b));
    }

    static ulong FlushDenormal(ulong bits, ref FloatEnvironment environment)
    {
        ulong magnitude = bits & ~Ieee<TFormat>.SignBit;
        if (magnitude == 0 || magnitude > Ieee<TFormat>.FractionMask)
            return bits;
        if (environment.DenormalsAreZeros)
            return bits & Ieee<TFormat>.SignBit;
        environment.Raise(FloatExceptions.Denormal);
        return bits;
    }

    // Signed integers in the order of the numbers; both zeros are 0.
    static ulong Key(ulong bits)
    {
        ulong magnitude = bits & ~Ieee<TFormat>.SignBit;
        return (bits & Ieee<TFormat>.SignBit) != 0 ? 0 - magnitude : magnitude;
    }

    // Invalid comes before a denormal operand.
    static ulong Invalid(FloatExceptions before, ref FloatEnvironment environment)
    {
        environment.Raised = before | FloatExceptions.Invalid;
        return Ieee<TFormat>.DefaultNaN;
    }
}
