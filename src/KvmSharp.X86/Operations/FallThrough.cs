using KvmSharp.X86.Blocks;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operations;

/// <summary>The end of a block that is no jump: the code goes on behind it.</summary>
sealed class FallThrough : Terminator
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        cpu.AdvanceRip(EndOffset);
        return block.Next(cpu);
    }

    internal override ulong? NextTarget => (ulong)EndOffset;

    internal override void Emit(RegionEmitter code) => code.GoTo((ulong)EndOffset);
}
