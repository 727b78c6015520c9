namespace KvmSharp.X86.Operations;

/// <summary>Where a decoded instruction stands in its block.</summary>
abstract class DecodedInstruction
{
    /// <summary>Where it starts, in bytes from the start of its block.</summary>
    internal ushort Offset;

    /// <summary>Its length in bytes, 1 … 15; 0 for a block's end that is no instruction.</summary>
    internal byte Length;

    /// <summary>Whether its memory operand is in the stack segment: a bad address is #SS instead of #GP.</summary>
    internal bool UsesStack;

    /// <summary>Where the next instruction starts, in bytes from the start of the block.</summary>
    internal int EndOffset => Offset + Length;
}
