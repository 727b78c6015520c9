using KvmSharp.X86.State;

namespace KvmSharp.X86.Operands;

/// <summary>A memory operand: which registers are summed, and with what.</summary>
/// <remarks>Terms that the operand lacks are <see cref="Register.Zero"/>. RIP-relative ones count from the block's start.</remarks>
struct Address
{
    /// <summary>Added last, with its wrap-around: a displacement, sign-extended.</summary>
    internal ulong Displacement;

    /// <summary>What the offset keeps: 16, 32 or 64 bits.</summary>
    internal ulong Mask;

    internal byte Base;
    internal byte Index;
    internal byte IndexShift;

    /// <summary>The register that holds the segment's base as this mode sees it.</summary>
    internal byte SegmentBase;

    internal SegmentName Segment;

    /// <summary>The offset in the segment.</summary>
    internal readonly ulong Offset(ref Registers registers) => (registers[Base & Register.Mask]
        + (registers[Index & Register.Mask] << IndexShift) + Displacement) & Mask;
}
