using System;
using Iced.Intel;
using KvmSharp.X86.FloatingPoint;
using KvmSharp.X86.Fpu;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>Where two correct processors may differ beyond flags, from the manuals' descriptions of the instructions.</summary>
static class InstructionExceptions
{
    /// <summary>Operands for which an instruction defines no result.</summary>
    internal static bool IsUndefined(in Instruction instruction, UserState before, ReadOnlySpan<byte> memory, ulong window)
    {
        Float80 top = X87Image.LoadRegister(before.St(0));
        return instruction.Mnemonic switch
        {
            // Bytes of sixteen bits swapped; a shift further than sixteen bits are wide.
            Mnemonic.Bswap => instruction.Op0Register.GetSize() == 2,
            Mnemonic.Shld or Mnemonic.Shrd when instruction.Op1Register.GetSize() == 2 =>
                ((instruction.Op2Kind == OpKind.Register ? before.Gprs[1] : instruction.Immediate8) & 31) > 16,
            // Beyond ±1; beyond 1 − √½.
            Mnemonic.F2xm1 => top.Class == FloatClass.Finite && top.BiasedExponent >= 0x3fff,
            Mnemonic.Fyl2xp1 => top.Class is FloatClass.Finite or FloatClass.Infinity && top.BiasedExponent >= 0x3ffd,
            // The least normal number: the sine is less, and rounded to it. Whether it is tiny, and so whether underflow is
            // reported, depends on bits that no result shows.
            Mnemonic.Fsin or Mnemonic.Fsincos or Mnemonic.Fptan or Mnemonic.Fpatan =>
                top is { BiasedExponent: <= 1, Significand: 1UL << 63 },
            // One maker has a bit of MXCSR that others refuse.
            Mnemonic.Ldmxcsr => (memory[(int)(AddressOf(instruction, 0, before) - window) + 2] & 2) != 0,
            Mnemonic.Fxrstor or Mnemonic.Fxrstor64 =>
                (memory[(int)(AddressOf(instruction, 0, before) - window) + FxImage.MxcsrOffset + 2] & 2) != 0,
            // Some makers' processors let these be misaligned.
            Mnemonic.Sha1rnds4 or Mnemonic.Sha1nexte or Mnemonic.Sha1msg1 or Mnemonic.Sha1msg2 or Mnemonic.Sha256rnds2
                or Mnemonic.Sha256msg1 or Mnemonic.Sha256msg2 =>
                instruction.Op1Kind == OpKind.Memory && (AddressOf(instruction, 1, before) & 15) != 0,
            _ => false,
        };
    }

    /// <summary>Makes equal what may differ.</summary>
    internal static void Excuse(
        in Instruction instruction, UserState before, UserState host, UserState ours, byte[] windowHost, byte[] windowOurs, ulong window)
    {
        switch (instruction.Mnemonic)
        {
            // Makers' manuals differ on whether C1 is cleared.
            case Mnemonic.Fcomi or Mnemonic.Fcomip or Mnemonic.Fucomi or Mnemonic.Fucomip:
                ours.StatusWord = (ushort)((ours.StatusWord & ~X87State.C1) | (host.StatusWord & X87State.C1));
                break;
            case Mnemonic.Fsin or Mnemonic.Fcos or Mnemonic.Fsincos or Mnemonic.Fptan or Mnemonic.Fpatan or Mnemonic.F2xm1
                or Mnemonic.Fyl2x or Mnemonic.Fyl2xp1:
                ExcuseUnit(host, ours);
                break;
            case Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss:
                ExcuseApproximation(host.Xmm(instruction.Op0Register.GetNumber()), ours.Xmm(instruction.Op0Register.GetNumber()));
                break;
            // Opcode, pointers and selectors depend on the processor's model and on what ran before.
            case Mnemonic.Fnstenv or Mnemonic.Fnsave:
                bool wide = instruction.MemorySize is MemorySize.FpuEnv28 or MemorySize.FpuState108;
                ExcuseMemory(instruction, before, windowHost, windowOurs, window, wide ? 12 : 6, wide ? 16 : 8);
                break;
            case Mnemonic.Fxsave or Mnemonic.Fxsave64:
                ExcuseMemory(instruction, before, windowHost, windowOurs, window, 6, 18);
                ExcuseMemory(instruction, before, windowHost, windowOurs, window, 28, 4);
                break;
        }
    }

    static void ExcuseMemory(
        in Instruction instruction, UserState before, byte[] windowHost, byte[] windowOurs, ulong window, int offset, int length)
    {
        ulong address = AddressOf(instruction, 0, before);
        windowHost.AsSpan((int)(address - window) + offset, length).CopyTo(windowOurs.AsSpan((int)(address - window) + offset));
    }

    static ulong AddressOf(in Instruction instruction, int operand, UserState before) => instruction.GetVirtualAddress(
        operand, 0, (register, _, _) => !register.IsGPR() ? 0
            : register.IsGPR32() ? (uint)before.Gprs[register.GetNumber()] : before.Gprs[register.GetNumber()]);

    // Transcendental results are within a unit in the last place, and may have been rounded the other way.
    static void ExcuseUnit(UserState host, UserState ours)
    {
        bool excused = false;
        for (int i = 0; i < 8; i++)
        {
            Int128 distance = Ordered(X87Image.LoadRegister(host.St(i))) - Ordered(X87Image.LoadRegister(ours.St(i)));
            if (Int128.Abs(distance) != 1)
                continue;
            host.St(i).CopyTo(ours.St(i));
            excused = true;
        }

        // Whether a result beside the least normal number is tiny depends on bits that no result shows.
        if ((host.StatusWord & (int)FloatExceptions.Denormal) != 0)
            ours.StatusWord |= (ushort)(host.StatusWord & (int)FloatExceptions.Underflow);
        if (excused || (host.StatusWord & (int)FloatExceptions.Inexact) != 0)
            ours.StatusWord = (ushort)((ours.StatusWord & ~X87State.C1) | (host.StatusWord & X87State.C1));
    }

    // Without the leading bit, which the exponent implies, neighbours are neighbouring integers.
    static Int128 Ordered(Float80 value) => ((Int128)value.SignExponent << 63) | (value.Significand & long.MaxValue);

    // Both are within 1.5 × 2^−12 of the truth; near the denormals models differ in when they give zero.
    static void ExcuseApproximation(Span<byte> host, Span<byte> ours)
    {
        for (int i = 0; i < 16; i += sizeof(float))
        {
            float theirs = BitConverter.ToSingle(host[i..]);
            float mine = BitConverter.ToSingle(ours[i..]);
            if (Math.Abs((double)theirs - mine) <= Math.Max(3.0 / 4096 * Math.Abs(theirs), 1.2e-38))
                host.Slice(i, sizeof(float)).CopyTo(ours[i..]);
        }
    }
}
