namespace KvmSharp.X86.Blocks;

/// <summary>What code is decoded as: the default size of its operands and addresses.</summary>
enum CodeMode
{
    Bits16,
    Bits32,
    Bits64,
}
