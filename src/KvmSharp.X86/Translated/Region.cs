using System;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Translated;

/// <summary>Blocks that are translated together. They lie in one page, so they are where they are, or gone, together.</summary>
/// <param name="blocks">The blocks.</param>
/// <param name="starts">Where each starts: bytes from the first one's start, wrapping.</param>
sealed class Region(Block[] blocks, ulong[] starts)
{
    /// <summary>The blocks; the index of one is its entry.</summary>
    internal Block[] Blocks { get; } = blocks;

    /// <summary>Where each starts: bytes from the first one's start, wrapping.</summary>
    internal ulong[] Starts { get; } = starts;

    /// <summary>Which block starts there.</summary>
    /// <param name="start">Bytes from the first one's start, wrapping.</param>
    /// <returns>Negative when none does.</returns>
    internal int IndexOf(ulong start) => Array.IndexOf(Starts, start);

    /// <summary>Where the first block is, by where the one that runs is.</summary>
    internal static ulong OriginOf(Region region, Cpu cpu, int entry) => cpu.Rip - region.Starts[entry];

    /// <summary>An operation of a block's body.</summary>
    internal static Operation OperationAt(Region region, int block, int index) => region.Blocks[block].Body[index];
}
