using KvmSharp.X86.Blocks;

namespace KvmSharp.X86.Translated;

/// <summary>A region as one method of the host, entered at the block that RIP is at.</summary>
/// <returns>What <see cref="Block.Execute"/> returns, for the last of the blocks that were executed.</returns>
delegate Block? TranslatedRegion(Cpu cpu, int entry);
