namespace KvmSharp.X86.FloatingPoint;

/// <summary>How a result that does not fit is rounded, coded as in the control word, in MXCSR and in ROUNDPS's operand.</summary>
enum RoundingMode : byte
{
    /// <summary>To the nearest, ties to even.</summary>
    Nearest,

    /// <summary>Towards minus infinity.</summary>
    Down,

    /// <summary>Towards plus infinity.</summary>
    Up,

    /// <summary>Towards zero.</summary>
    Truncate,
}
