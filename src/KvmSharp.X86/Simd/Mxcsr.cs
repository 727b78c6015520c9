using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Simd;

/// <summary>SSE's control and status register.</summary>
/// <remarks>
/// <code>
///  31:16  15  14:13 12:7   6   5:0
///  zero   FTZ RC    masks  DAZ flags
/// </code>
/// </remarks>
struct Mxcsr
{
    /// <summary>Its value after reset: all masked, nothing raised.</summary>
    internal const uint Initial = (uint)FloatExceptions.All << MasksShift;

    /// <summary>Bits that exist; setting another one is #GP. FXSAVE reports it as MXCSR_MASK.</summary>
    internal const uint Defined = 0xffff;

    const uint DenormalsAreZeros = 1 << 6;
    const int MasksShift = 7;
    const int RoundingShift = 13;
    const uint FlushToZero = 1 << 15;

    internal uint Value;

    /// <summary>Nearest, and inexact results pass unnoticed: what the host's arithmetic does too.</summary>
    internal readonly bool IsHostLike =>
        (Value & ((3 << RoundingShift) | ((uint)FloatExceptions.Inexact << MasksShift))) == (uint)FloatExceptions.Inexact << MasksShift;

    /// <summary>The sticky flag of rounded results is set.</summary>
    internal readonly bool HasInexact => (Value & (uint)FloatExceptions.Inexact) != 0;

    /// <summary>What an instruction's arithmetic is told.</summary>
    internal readonly FloatEnvironment Environment => new()
    {
        Masked = (FloatExceptions)(Value >> MasksShift) & FloatExceptions.All,
        Rounding = (RoundingMode)((Value >> RoundingShift) & 3),
        DenormalsAreZeros = (Value & DenormalsAreZeros) != 0,
        FlushToZero = (Value & FlushToZero) != 0,
    };

    /// <summary>Keeps what all elements of an instruction raised.</summary>
    /// <returns>
    /// False when an exception is not masked: the instruction ends in #XM, or #UD without CR4.OSXMMEXCPT, and delivers nothing.
    /// </returns>
    internal bool TryCommit(in FloatEnvironment environment)
    {
        FloatExceptions raised = environment.Raised;
        FloatExceptions early = environment.Unmasked & FloatExceptions.BeforeComputation;
        // With an operand at fault in one element, nothing is computed in any.
        if (early != 0)
            raised &= FloatExceptions.BeforeComputation;
        Value |= (uint)(raised | environment.Completed);
        return environment.Unmasked == 0;
    }

    /// <summary>Keeps that something was rounded.</summary>
    internal void RaiseInexact() => Value |= (uint)FloatExceptions.Inexact;
}
