using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Translated;

/// <summary>Finds what is worth translating together: the loops around a block.</summary>
/// <remarks>
/// A block leads to those that its jump was last followed to, so ways that nobody has gone are left out. What cannot come back
/// to the first block is left out, too: it is another loop's, or nobody's.
/// </remarks>
static class RegionFinder
{
    const int MaxBlocks = 24;

    // A translation's time grows with them, faster than in proportion.
    const int MaxInstructions = 192;

    /// <summary>Finds the loops around the block at RIP, the nearest first.</summary>
    internal static Region Around(Block first, Cpu cpu)
    {
        List<Block> blocks = [first];
        List<ulong> starts = [0];
        List<(int From, int To)> edges = [];
        // Outside 64-bit code RIP wraps elsewhere.
        if (cpu.Mode == CodeMode.Bits64)
            Follow(cpu, blocks, starts, edges);

        bool[] returns = FindReturning(blocks.Count, edges);
        for (int index = blocks.Count - 1; index > 0; index--)
        {
            if (returns[index])
                continue;
            blocks.RemoveAt(index);
            starts.RemoveAt(index);
        }
        return new Region([.. blocks], [.. starts]);
    }

    static void Follow(Cpu cpu, List<Block> blocks, List<ulong> starts, List<(int From, int To)> edges)
    {
        int instructions = blocks[0].Instructions;
        for (int from = 0; from < blocks.Count; from++)
        {
            Block block = blocks[from];
            Terminator end = block.End;
            ulong rip = cpu.Rip + starts[from];
            if (end.Returns && block.LinkedNext(cpu, out ulong back) is { } caller)
                Add(back - rip, caller);
            Add(end.NextTarget, end.NextTarget is { } next ? block.LinkedNext(cpu, rip + next) : null);
            Add(end.TakenTarget, end.TakenTarget is { } taken ? block.LinkedTaken(cpu, rip + taken) : null);

            void Add(ulong? target, Block? found)
            {
                if (found is null)
                    return;
                ulong start = starts[from] + target!.Value;
                int to = starts.IndexOf(start);
                if (to < 0)
                {
                    if (blocks.Count == MaxBlocks || instructions + found.Instructions > MaxInstructions
                        || ((cpu.Rip + start) ^ cpu.Rip) >> Page.Shift != 0)
                    {
                        return;
                    }
                    instructions += found.Instructions;
                    to = blocks.Count;
                    blocks.Add(found);
                    starts.Add(start);
                }
                edges.Add((from, to));
            }
        }
    }

    // Whether a block leads back to the first.
    static bool[] FindReturning(int count, List<(int From, int To)> edges)
    {
        bool[] returns = new bool[count];
        returns[0] = true;
        bool changed = true;
        while (changed)
        {
            changed = false;
            foreach ((int from, int to) in edges)
            {
                changed |= returns[to] && !returns[from];
                returns[from] |= returns[to];
            }
        }
        return returns;
    }
}
