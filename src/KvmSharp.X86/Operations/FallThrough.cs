using KvmSharp.X86.Blocks;

namespace KvmSharp.X86.Operations;

/// <summary>The end of a block that is no jump: the code goes on behind it.</summary>
sealed class FallThrough : Terminator
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        cpu.AdvanceRip(EndOffset);
        return block.Next(cpu);
    }
}
