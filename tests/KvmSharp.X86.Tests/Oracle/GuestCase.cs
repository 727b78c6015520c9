using System;
using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>An encoded instruction and where its memory operand may lie.</summary>
/// <remarks>
/// The encoding is fixed; each run gets fresh registers. The address registers are then set so that the operand falls
/// into the window: first the index, at random, then the base, to what is left.
/// </remarks>
sealed class GuestCase
{
    const int Rsp = 4;

    public required Instruction Instruction { get; init; }

    public required byte[] Bytes { get; init; }

    /// <summary>Where the code has to lie; addresses relative to RIP depend on it.</summary>
    public required ulong Address { get; init; }

    /// <summary>The numbers of the registers the address is made of, −1 for none.</summary>
    public int Base { get; init; } = -1;

    public int Index { get; init; } = -1;

    /// <summary>Bytes the operand has, and so the room it needs in the window.</summary>
    public int OperandSize { get; init; }

    /// <summary>The alignment the operand has in most runs.</summary>
    public int Alignment { get; init; } = 1;

    /// <summary>The register that addresses a bit beyond the operand, as BT's second operand does, or −1.</summary>
    public int BitOffset { get; init; } = -1;

    /// <summary>Registers that address memory without being named: RSI, RDI, RBP, RBX by the bits of their numbers.</summary>
    public int ImplicitPointers { get; init; }

    /// <summary>The count of a repeated string instruction is in RCX and must stay small.</summary>
    public bool Repeats { get; init; }

    /// <summary>Points the address registers of <paramref name="state"/> into the window.</summary>
    public void PlaceOperands(RandomSource random, UserState state, ulong window)
    {
        Span<ulong> gprs = state.Gprs;
        // PUSH and its kin go down from here, POP and an operand on the stack up; both stay inside.
        gprs[Rsp] = window + 256 + (ulong)(random.Below(32) * 8);
        if (Repeats)
            gprs[1] = (uint)random.Below(random.OneIn(4) ? 17 : 4) | (AddressSize == 4 ? random.Next() << 32 : 0);
        for (int i = 0; i < 16; i++)
        {
            if ((ImplicitPointers >> i & 1) != 0)
                gprs[i] = window + 256 + (ulong)random.Below(512);
        }

        if (BitOffset >= 0)
            gprs[BitOffset] = (ulong)(random.Below(2048) - 1024);
        if (Base < 0 && Index < 0 || Base == Rsp)
            return;

        ulong target = window + Offset(random);
        ulong scaled = Index < 0 ? 0 : gprs[Index] * (ulong)Instruction.MemoryIndexScale;
        ulong value = target - Instruction.MemoryDisplacement64 - (Base < 0 ? 0 : scaled);
        int register = Base < 0 ? Index : Base;
        gprs[register] = AddressSize == 4 ? (uint)value | (random.Next() << 32) : value;
    }

    int AddressSize => Instruction.MemoryBase.IsGPR32() || Instruction.MemoryIndex.IsGPR32() ? 4 : 8;

    ulong Offset(RandomSource random)
    {
        int margin = BitOffset >= 0 ? 256 : 0;
        int offset = margin + random.Below(HardwareOracle.WindowSize - OperandSize - (2 * margin) + 1);
        return (ulong)(random.OneIn(16) ? offset : offset & -Alignment);
    }
}
