using KvmSharp.X86.Blocks;

namespace KvmSharp.X86.Translated;

/// <summary>How a translation is left: a block of its region, and what there is to do at it, in one number.</summary>
static class RegionExit
{
    // Below these: the index of the operation that stopped.
    const int Codes = 1 << 8;
    const int Again = Codes - 1;
    const int Next = Codes - 2;
    const int Taken = Codes - 3;
    const int End = Codes - 4;

    /// <summary>In place of an operation's index: the block's end.</summary>
    internal const int AtEnd = Codes - 5;

    /// <summary>An operation stopped, or the end: <see cref="AtEnd"/>.</summary>
    internal static int Stop(int block, int operation) => (block * Codes) + operation;

    /// <summary>The block is jumped to, and the CPU has something else to do first.</summary>
    internal static int GoTo(int block) => (block * Codes) + Again;

    /// <summary>The block's condition does not hold.</summary>
    internal static int GoNext(int block) => (block * Codes) + Next;

    /// <summary>The block's condition holds.</summary>
    internal static int Take(int block) => (block * Codes) + Taken;

    /// <summary>The block's end is not translated.</summary>
    internal static int Finish(int block) => (block * Codes) + End;

    /// <summary>Leaves a translation. Registers and flags are in place; RIP and the count are not.</summary>
    /// <returns>What <see cref="Block.Execute"/> returns.</returns>
    internal static Block? Leave(Region region, Cpu cpu, ulong origin, long completed, int exit)
    {
        int index = exit / Codes;
        Block block = region.Blocks[index];
        cpu.Rip = origin + region.Starts[index];
        cpu.Complete(completed);
        switch (exit % Codes)
        {
            case Again:
                return block;
            case Next:
                return block.Leave(cpu, holds: false);
            case Taken:
                return block.Leave(cpu, holds: true);
            case End:
                return block.Leave(cpu);
            default:
                cpu.StopIn(block, exit % Codes == AtEnd ? Cpu.AtEnd : exit % Codes);
                return null;
        }
    }
}
