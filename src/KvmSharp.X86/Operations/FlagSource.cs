namespace KvmSharp.X86.Operations;

/// <summary>What the flags come from, as far as that is known when code is translated: then a condition is one comparison.</summary>
enum FlagSource
{
    /// <summary>Anything.</summary>
    Unknown,

    /// <summary>A subtraction or comparison without a borrow.</summary>
    Subtraction,

    /// <summary>A logical operation: no carry, no overflow.</summary>
    Logic,
}
