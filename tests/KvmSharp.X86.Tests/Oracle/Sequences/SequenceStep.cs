using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>A part of a sequence that makes sense only whole: an instruction, and those that prepare its operands.</summary>
/// <remarks>A branch inside the step names its target by the instruction's number within the step, up to their count.</remarks>
/// <param name="code">The instructions.</param>
/// <param name="target">For a branch to another step: which, later than this one.</param>
sealed class SequenceStep(Instruction[] code, int target = SequenceStep.None)
{
    internal const int None = -1;

    internal Instruction[] Code => code;

    internal int Target => target;

    /// <summary>The same after another step has gone.</summary>
    internal SequenceStep Without(int removed) => target > removed ? new SequenceStep(code, target - 1) : this;
}
