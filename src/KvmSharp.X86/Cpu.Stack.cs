using KvmSharp.X86.State;

namespace KvmSharp.X86;

// The stack, in any mode.
partial class Cpu
{
    /// <summary>The stack pointer, as wide as the stack segment has it.</summary>
    internal ulong StackPointer
    {
        get => State.Registers[Register.Rsp] & StackMask;
        set => State.Registers[Register.Rsp] = (State.Registers[Register.Rsp] & ~WrittenStackMask) | (value & StackMask);
    }

    // A 32-bit stack pointer clears the upper half of RSP as any 32-bit result does.
    ulong WrittenStackMask => StackMask == ushort.MaxValue ? ushort.MaxValue : ulong.MaxValue;

    /// <summary>Pushes 16, 32 or 64 bits.</summary>
    /// <returns><see langword="false"/> when a fault was raised; nothing has moved then.</returns>
    internal bool TryPush(int bits, ulong value)
    {
        ulong pointer = (StackPointer - (ulong)(bits / 8)) & StackMask;
        if (!TryLinear(SegmentName.Ss, pointer, bits / 8, write: true, out ulong linear) || !TryStoreBits(linear, bits, value))
            return MarkStackFault();
        StackPointer = pointer;
        return true;
    }

    /// <summary>Reads 16, 32 or 64 bits from the stack.</summary>
    /// <param name="offset">Bytes above the stack pointer.</param>
    /// <param name="bits">16, 32 or 64.</param>
    /// <param name="value">What is there.</param>
    internal bool TryPeek(int offset, int bits, out ulong value)
    {
        value = 0;
        ulong pointer = (StackPointer + (ulong)offset) & StackMask;
        return (TryLinear(SegmentName.Ss, pointer, bits / 8, write: false, out ulong linear) && TryLoadBits(linear, bits, out value))
            || MarkStackFault();
    }

    /// <summary>Pops 16, 32 or 64 bits.</summary>
    internal bool TryPop(int bits, out ulong value)
    {
        if (!TryPeek(0, bits, out value))
            return false;
        StackPointer += (ulong)(bits / 8);
        return true;
    }

    // A bad address of the stack is #SS.
    bool MarkStackFault()
    {
        if (Stop == Events.StopReason.Fault && PendingFault.IsBadAddress)
            PendingFault = PendingFault with { Vector = Events.Vector.StackFault, IsBadAddress = false };
        return false;
    }
}
