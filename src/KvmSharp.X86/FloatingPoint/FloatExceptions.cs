using System;

namespace KvmSharp.X86.FloatingPoint;

/// <summary>
/// The six floating-point exceptions, at the bits they have as flags in the x87 status word and in MXCSR, and as masks in
/// the x87 control word.
/// </summary>
[Flags]
enum FloatExceptions : byte
{
    /// <summary>No exception.</summary>
    None = 0,

    /// <summary>IE: no result makes sense.</summary>
    Invalid = 1 << 0,

    /// <summary>DE: an operand is denormal.</summary>
    Denormal = 1 << 1,

    /// <summary>ZE: a finite number divided by zero.</summary>
    DivideByZero = 1 << 2,

    /// <summary>OE: the result is too large.</summary>
    Overflow = 1 << 3,

    /// <summary>UE: the result is tiny.</summary>
    Underflow = 1 << 4,

    /// <summary>PE: the result was rounded.</summary>
    Inexact = 1 << 5,

    /// <summary>Those that the operands alone decide; they come before the others.</summary>
    BeforeComputation = Invalid | Denormal | DivideByZero,

    /// <summary>All six.</summary>
    All = (1 << 6) - 1,
}
