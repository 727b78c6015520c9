using System;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// The addresses at which guest code and its window lie: those of a judge's piece, or without a judge those that the first
/// judge of a process would have.
/// </summary>
sealed class CodeArea
{
    readonly HardwareOracle? _oracle;

    internal CodeArea(HardwareOracle? oracle)
    {
        _oracle = oracle;
        Start = oracle?.Reach.Start ?? NativeArena.FirstOracle;
        Next = Start + NativeArena.Code;
        oracle?.Clear();
    }

    internal ulong Start { get; }

    /// <summary>The window's address.</summary>
    internal ulong Window => Start + NativeArena.Window;

    /// <summary>Where the next sequence will lie, so that it can be encoded for it.</summary>
    internal ulong Next { get; private set; }

    /// <summary>Puts a sequence there, on both sides.</summary>
    /// <param name="software">Our side.</param>
    /// <param name="code">The sequence for <see cref="Next"/>.</param>
    /// <param name="ours">What our side gets instead; empty for the same.</param>
    /// <returns>False when the area is full.</returns>
    internal bool TryPlace(UserModeGuest software, ReadOnlySpan<byte> code, ReadOnlySpan<byte> ours = default)
    {
        ulong end = Next + (ulong)code.Length + HardwareOracle.JumpSize;
        if (end > Start + NativeArena.Code + NativeArena.CodeSize)
            return false;
        if (_oracle is not null && _oracle.Place(code) != Next)
            throw new InvalidOperationException("somebody else has placed code in this judge's piece");
        software.Place(Next, ours.IsEmpty ? code : ours);
        Next = end;
        return true;
    }

    /// <summary>Forgets all sequences.</summary>
    internal void Clear()
    {
        _oracle?.Clear();
        Next = Start + NativeArena.Code;
    }
}
