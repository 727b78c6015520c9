using System;
using Iced.Intel;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>
/// Follows flags that the manuals leave undefined through a sequence, over all ways that its branches may take. A sequence
/// in which none of them is read has one right result.
/// </summary>
/// <param name="AtEnd">Flags that may be undefined after the last instruction.</param>
/// <param name="Anywhere">Flags that may be undefined at some place, and so when a fault ends the sequence.</param>
readonly record struct FlagFlow(ulong AtEnd, ulong Anywhere)
{
    /// <summary>Follows the flags.</summary>
    /// <param name="steps">The steps so far; branches may lead beyond the last.</param>
    /// <param name="flow">What is undefined.</param>
    /// <returns>False when an instruction may read a flag that is undefined.</returns>
    internal static bool TryFollow(ReadOnlySpan<SequenceStep> steps, out FlagFlow flow)
    {
        const int MaxSteps = 32;
        Span<ulong> arriving = stackalloc ulong[MaxSteps];
        arriving.Clear();
        ulong undefined = 0;
        ulong anywhere = 0;
        flow = default;
        for (int step = 0; step < steps.Length; step++)
        {
            undefined |= arriving[step];
            foreach (Instruction instruction in steps[step].Code)
            {
                if ((Bits(instruction.RflagsRead) & undefined) != 0)
                    return false;
                undefined = After(instruction, undefined);
                anywhere |= undefined;
            }
            if (steps[step].Target != SequenceStep.None)
                arriving[steps[step].Target] |= undefined;
        }
        flow = new FlagFlow(undefined | arriving[steps.Length], anywhere);
        return true;
    }

    static ulong After(in Instruction instruction, ulong undefined)
    {
        bool shifts = instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Sal or Mnemonic.Rol
            or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Shld or Mnemonic.Shrd;
        if (shifts && instruction.GetOpKind(instruction.OpCount - 1) == OpKind.Register)
        {
            // The count decides, and zero leaves all flags as they are.
            return undefined | RFlags.OF | RFlags.AF | RFlags.CF;
        }

        ulong leaves = UndefinedFlags.Of(instruction, rcx: 0);
        bool changesNone = shifts && (instruction.GetImmediate(instruction.OpCount - 1) & (IsWide(instruction) ? 0x3fUL : 0x1f)) == 0;
        if (changesNone)
            return undefined;
        // Repeated no times, a comparison leaves them as well.
        bool mayKeep = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        return (mayKeep ? undefined : undefined & ~Bits(instruction.RflagsModified)) | leaves;
    }

    static bool IsWide(in Instruction instruction) =>
        (instruction.Op0Kind == OpKind.Register ? instruction.Op0Register.GetSize() : instruction.MemorySize.GetSize()) == 8;

    static ulong Bits(RflagsBits bits) =>
        ((bits & RflagsBits.CF) != 0 ? RFlags.CF : 0)
        | ((bits & RflagsBits.PF) != 0 ? RFlags.PF : 0)
        | ((bits & RflagsBits.AF) != 0 ? RFlags.AF : 0)
        | ((bits & RflagsBits.ZF) != 0 ? RFlags.ZF : 0)
        | ((bits & RflagsBits.SF) != 0 ? RFlags.SF : 0)
        | ((bits & RflagsBits.OF) != 0 ? RFlags.OF : 0);
}
