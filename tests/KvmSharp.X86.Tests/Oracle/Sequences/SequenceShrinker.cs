using System;
using System.Linq;
using System.Runtime.InteropServices;

namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>Cuts a sequence that shows a difference down to what it takes to show it.</summary>
/// <param name="differs">Whether a sequence shows a difference from a state.</param>
sealed class SequenceShrinker(Func<Sequence, UserState, byte[], bool> differs)
{
    const int Rsp = 4;
    const int Piece = 16;
    const ulong FixedFlags = 0x202;

    /// <summary>Cuts; the state and the window become as plain as the difference lets them.</summary>
    internal Sequence Shrink(Sequence sequence, UserState state, byte[] window)
    {
        for (int step = 0; step < sequence.Steps.Count;)
        {
            Sequence shorter = sequence.Without(step);
            if (shorter.Steps.Count != 0 && FlagFlow.TryFollow([.. shorter.Steps], out _) && differs(shorter, state, window))
            {
                sequence = shorter;
                step = 0;
            }
            else
            {
                step++;
            }
        }

        Plain(sequence, state, window);
        return sequence;
    }

    void Plain(Sequence sequence, UserState state, byte[] window)
    {
        foreach (int register in Enumerable.Range(0, 16).Where(i => i != Rsp && (sequence.Pointers.Reserved >> i & 1) == 0))
            TryClear(MemoryMarshal.AsBytes(state.Gprs.Slice(register, 1)));
        ulong flags = state.Rflags;
        state.Rflags = FixedFlags;
        if (!differs(sequence, state, window))
            state.Rflags = flags;
        for (int i = 0; i < 8; i++)
            TryClear(state.St(i));
        for (int i = 0; i < 16; i++)
            TryClear(state.Xmm(i));
        for (int at = 0; at < window.Length; at += Piece)
            TryClear(window.AsSpan(at, Piece));

        void TryClear(Span<byte> bytes)
        {
            Span<byte> kept = stackalloc byte[Piece];
            bytes.CopyTo(kept);
            bytes.Clear();
            if (!differs(sequence, state, window))
                kept[..bytes.Length].CopyTo(bytes);
        }
    }
}
