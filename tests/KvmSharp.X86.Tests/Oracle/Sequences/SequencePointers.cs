namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>
/// Two registers that point into the window and one that is a small index. No instruction of the sequence writes them, so
/// every memory operand's address is known when the sequence is made.
/// </summary>
sealed record SequencePointers(int First, ulong FirstValue, int Second, ulong SecondValue, int Index, ulong IndexValue)
{
    const int Registers = 16;
    const int Rsp = 4;

    /// <summary>The registers that no instruction may write, a bit each.</summary>
    internal int Reserved => (1 << First) | (1 << Second) | (1 << Index);

    internal static SequencePointers Draw(RandomSource random, ulong window)
    {
        int used = 1 << Rsp;
        int Free()
        {
            while (true)
            {
                int number = random.Below(Registers);
                if ((used >> number & 1) != 0)
                    continue;
                used |= 1 << number;
                return number;
            }
        }

        // RAX, RCX and RDX are what most instructions want; they are given away seldom.
        if (!random.OneIn(8))
            used |= 0b111;
        return new SequencePointers(
            Free(), window + (ulong)(random.Below(64) * 16), Free(), window + (ulong)random.Below(HardwareOracle.WindowSize),
            Free(), (ulong)random.Below(32));
    }

    /// <summary>Sets the registers, and RSP to the middle of the window.</summary>
    internal void Prepare(RandomSource random, UserState state, ulong window)
    {
        state.Gprs[First] = FirstValue;
        state.Gprs[Second] = SecondValue;
        state.Gprs[Index] = IndexValue;
        state.Gprs[Rsp] = window + 448 + (ulong)(random.Below(16) * 8);
    }
}
