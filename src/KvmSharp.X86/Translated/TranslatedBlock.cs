using KvmSharp.X86.Blocks;

namespace KvmSharp.X86.Translated;

/// <summary>A block as one method of the host: it does what <see cref="Block.Execute"/> does.</summary>
delegate Block? TranslatedBlock(Cpu cpu);
