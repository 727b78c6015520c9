using System;
using System.Runtime.InteropServices;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>Fills registers and window with edge-biased values.</summary>
sealed class StateGenerator(RandomSource random)
{
    // CF, PF, AF, ZF, SF, OF; the direction flag is drawn apart.
    const ulong ArithmeticFlags = 0x8d5;
    const ulong FixedFlags = 0x202;
    const ulong DirectionFlag = 1 << 10;

    /// <summary>What of the state the instruction under test looks at; the rest is left as it is.</summary>
    [Flags]
    public enum Parts
    {
        Integer = 1,
        Vectors = 2,
        X87 = 4,
        Mmx = 8,
    }

    public void Fill(UserState state, Span<byte> window, Parts parts)
    {
        foreach (ref ulong gpr in state.Gprs)
            gpr = EdgeValues.Integer(random);
        state.Rflags = (random.Next() & ArithmeticFlags) | FixedFlags | (random.OneIn(4) ? DirectionFlag : 0);
        FillWindow(window, parts);
        if ((parts & Parts.Vectors) != 0)
            FillVectors(state);
        if ((parts & (Parts.X87 | Parts.Mmx)) != 0)
            FillX87(state, (parts & Parts.Mmx) != 0);
    }

    void FillWindow(Span<byte> window, Parts parts)
    {
        random.Fill(MemoryMarshal.Cast<byte, ulong>(window));
        // Half of the window holds edges, at every sixteenth byte, as most operands are aligned.
        for (int i = 0; i < window.Length; i += 32)
        {
            if ((parts & Parts.X87) != 0)
                FillX87Operand(window.Slice(i, 16));
            else
                EdgeValues.Vector(random, window.Slice(i, 16));
        }
    }

    void FillX87Operand(Span<byte> into)
    {
        switch (random.Below(4))
        {
            case 0:
                EdgeValues.Extended(random, into);
                break;
            case 1:
                FillDecimal(into);
                break;
            default:
                EdgeValues.Vector(random, into);
                break;
        }
    }

    // Packed decimal digits; what other digits mean is undefined.
    void FillDecimal(Span<byte> into)
    {
        for (int i = 0; i < 9; i++)
            into[i] = (byte)(random.Below(10) | (random.Below(10) << 4));
        into[9] = (byte)(random.OneIn(2) ? 0x80 : 0);
    }

    void FillVectors(UserState state)
    {
        for (int i = 0; i < 16; i++)
            EdgeValues.Vector(random, state.Xmm(i));
        // Rounding, DAZ and FTZ at random, sticky flags often clear so that new ones show, masks mostly set.
        uint mxcsr = (uint)random.Next() & 0xe040;
        mxcsr |= random.OneIn(3) ? (uint)random.Next() & 0x3f : 0;
        mxcsr |= random.OneIn(4) ? (uint)random.Next() & 0x1f80 : 0x1f80;
        if (random.OneIn(2))
            mxcsr &= ~0xe040u;
        state.Mxcsr = mxcsr;
    }

    void FillX87(UserState state, bool mmx)
    {
        for (int i = 0; i < 8; i++)
        {
            state.St(i).Clear();
            if (mmx)
                MemoryMarshal.Cast<byte, ulong>(state.St(i))[0] = EdgeValues.Integer(random);
            else
                EdgeValues.Extended(random, state.St(i));
        }

        // Bit 6 of the control word is always set; precision 1 is reserved.
        uint control = 0x40 | (random.OneIn(4) ? (uint)random.Next() & 0x3f : 0x3f);
        control |= (uint)random.Next() & 0xc00;
        control |= random.OneIn(2) ? 0x300u : random.OneIn(2) ? 0x200u : 0u;
        uint status = (uint)random.Next() & 0x7f00;
        status |= random.OneIn(3) ? (uint)random.Next() & 0x7f : 0;
        if ((status & ~control & 0x3f) != 0)
            status = random.OneIn(4) ? status | 0x8080 : status & ~0x3fu;
        state.ControlWord = (ushort)control;
        state.StatusWord = (ushort)status;
        state.Tags = random.OneIn(2) ? (byte)0xff : (byte)(random.Next() | random.Next());
    }
}
