using System;
using System.Runtime.InteropServices;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>Results as one number, to be compared with what was recorded beside a judge.</summary>
static class StateSum
{
    const ulong ComparedFlags = 0xcd5;

    /// <summary>Adds one case's outcome to a sum.</summary>
    /// <param name="sum">The sum so far.</param>
    /// <param name="trap">The fault, or <see cref="HardwareOracle.NoTrap"/>.</param>
    /// <param name="state">The registers after.</param>
    /// <param name="window">Memory after.</param>
    /// <param name="undefinedFlags">Flags that do not count.</param>
    internal static ulong Add(ulong sum, int trap, UserState state, ReadOnlySpan<byte> window, ulong undefinedFlags)
    {
        Mix(ref sum, (ulong)trap);
        foreach (ulong gpr in state.Gprs)
            Mix(ref sum, gpr);
        Mix(ref sum, state.Rflags & ComparedFlags & ~undefinedFlags);
        Mix(ref sum, ((ulong)state.Mxcsr << 32) | ((ulong)state.ControlWord << 16) | state.StatusWord);
        Mix(ref sum, state.Tags);
        Mix(ref sum, state.Fx[UserState.StackOffset..(UserState.XmmOffset + 256)]);
        Mix(ref sum, window);
        return sum;
    }

    static void Mix(ref ulong sum, ReadOnlySpan<byte> bytes)
    {
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
            Mix(ref sum, word);
    }

    static void Mix(ref ulong sum, ulong value) => sum = (ulong.RotateLeft(sum, 5) ^ value) * 0x9e37_79b9_7f4a_7c15;
}
