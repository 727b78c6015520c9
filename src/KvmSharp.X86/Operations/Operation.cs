using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operations;

/// <summary>One decoded instruction, ready to be executed any number of times.</summary>
/// <remarks>
/// An operation computes, checks, and only then changes the CPU, so one that faults has left no trace and can be executed
/// again. It belongs to the block it was decoded in, and to that block's CPU.
/// </remarks>
abstract class Operation : DecodedInstruction
{
    /// <summary>Executes it.</summary>
    /// <returns>
    /// Whether the block goes on with the next operation. If not, <see cref="Cpu.Stop"/> says why.
    /// </returns>
    /// <remarks>An operation that stores to memory returns <see cref="Cpu.Proceed"/>: what it wrote may have been code.</remarks>
    internal abstract bool Execute(Cpu cpu);

    /// <summary>What it has to do with the arithmetic flags.</summary>
    internal virtual FlagUse FlagUse => FlagUse.Shows;

    /// <summary>Appends what it does to its region's translation: a call of <see cref="Execute"/>, if it knows no better.</summary>
    internal virtual void Emit(RegionEmitter code) => code.CallOperation();
}
