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

    /// <summary>Does what is left to do once it is known whether its condition holds.</summary>
    /// <inheritdoc cref="Leave(Cpu, Block)"/>
    internal virtual Block? Leave(Cpu cpu, Block block, bool holds) => Leave(cpu, block);

    /// <summary>
    /// Where it goes on unless a condition holds, if that is always the same place: bytes from the block's start, wrapping.
    /// </summary>
    internal virtual ulong? NextTarget => null;

    /// <summary>Where it goes on if a condition holds.</summary>
    /// <inheritdoc cref="NextTarget"/>
    internal virtual ulong? TakenTarget => null;

    /// <summary>Where what it calls comes back to, if it calls: bytes from the block's start.</summary>
    internal virtual ulong? ReturnTarget => null;

    /// <summary>Whether it goes back to where it was called from.</summary>
    internal virtual bool Returns => false;

    /// <summary>Ends its block's translation: by a call of <see cref="Leave(Cpu, Block)"/>, if it knows no better.</summary>
    internal virtual void Emit(RegionEmitter code) => code.CallEnd();
}
