using KvmSharp.X86.Blocks;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operations;

/// <summary>What a block ends with: it decides where to go on.</summary>
abstract class Terminator : DecodedInstruction
{
    /// <summary>Executes it, and moves RIP to where to go on.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="block">The block that ends here.</param>
    /// <returns>
    /// The block to go on with, when it is known. None otherwise: either it has to be looked up, or
    /// <see cref="Cpu.Stop"/> says that something has to be done first. After a fault RIP is still where the block
    /// started.
    /// </returns>
    internal abstract Block? Leave(Cpu cpu, Block block);

    /// <summary>Ends its block's translation: by a call of <see cref="Leave"/>, if it knows no better.</summary>
    internal virtual void Emit(BlockEmitter code) => code.CallEnd();
}
