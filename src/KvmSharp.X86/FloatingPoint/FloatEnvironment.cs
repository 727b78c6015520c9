namespace KvmSharp.X86.FloatingPoint;

/// <summary>
/// What arithmetic is told, and what it tells: the rounding and the masks in force, and the exceptions it met.
/// </summary>
/// <remarks>
/// A value on the stack, passed by reference through one instruction. Sticky flags live in the register that the
/// instruction belongs to, not here.
/// </remarks>
struct FloatEnvironment
{
    /// <summary>Exceptions met so far.</summary>
    internal FloatExceptions Raised;

    /// <summary>Exceptions of rounds of the instruction that are complete; none of them unmasked.</summary>
    internal FloatExceptions Completed;

    /// <summary>Exceptions that have a masked response.</summary>
    internal FloatExceptions Masked;

    internal RoundingMode Rounding;

    /// <summary>Denormal operands count as zeros (MXCSR.DAZ).</summary>
    internal bool DenormalsAreZeros;

    /// <summary>Tiny results become zeros while underflow is masked (MXCSR.FTZ).</summary>
    internal bool FlushToZero;

    /// <summary>The last rounding went away from zero (x87's C1).</summary>
    internal bool RoundedUp;

    /// <summary>Exceptions met that are not masked.</summary>
    internal readonly FloatExceptions Unmasked => Raised & ~Masked;

    internal readonly bool IsMasked(FloatExceptions exception) => (Masked & exception) == exception;

    /// <summary>Ends a round of an instruction that computes on its own results, unless an unmasked exception does.</summary>
    /// <returns>Whether there is a next round.</returns>
    internal bool TryCompleteRound()
    {
        if (Unmasked != 0)
            return false;
        Completed |= Raised;
        Raised = FloatExceptions.None;
        return true;
    }

    internal void Raise(FloatExceptions exceptions) => Raised |= exceptions;
}
