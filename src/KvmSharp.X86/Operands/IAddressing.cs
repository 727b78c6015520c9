using System.Runtime.CompilerServices;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operands;

/// <summary>How a memory operand becomes a linear address, as a type.</summary>
interface IAddressing
{
    /// <summary>Whether the linear address is the sum of the operand's terms, without a check or a mask.</summary>
    static virtual bool IsPlain => false;

    /// <summary>Works out the linear address, and checks it as far as the segment says.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="address">The operand.</param>
    /// <param name="bytes">How many bytes are accessed.</param>
    /// <param name="write">Whether they are written.</param>
    /// <param name="linear">The linear address.</param>
    /// <returns><see langword="false"/> when a fault was raised.</returns>
    static abstract bool TryLinear(Cpu cpu, in Address address, int bytes, bool write, out ulong linear);
}

/// <summary>64-bit code with 64-bit addresses: nothing to check here, and nothing wraps.</summary>
readonly struct LongAddressing : IAddressing
{
    public static bool IsPlain => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLinear(Cpu cpu, in Address address, int bytes, bool write, out ulong linear)
    {
        ref Registers registers = ref cpu.State.Registers;
        linear = registers[address.Base & Register.Mask] + (registers[address.Index & Register.Mask] << address.IndexShift)
            + address.Displacement + registers[address.SegmentBase & Register.Mask];
        return true;
    }
}

/// <summary>64-bit code with 32-bit addresses.</summary>
readonly struct LongWrappedAddressing : IAddressing
{
    public static bool TryLinear(Cpu cpu, in Address address, int bytes, bool write, out ulong linear)
    {
        ref Registers registers = ref cpu.State.Registers;
        linear = address.Offset(ref registers) + registers[address.SegmentBase & Register.Mask];
        return true;
    }
}

/// <summary>16-bit and 32-bit code: limits and rights are checked.</summary>
readonly struct SegmentedAddressing : IAddressing
{
    public static bool TryLinear(Cpu cpu, in Address address, int bytes, bool write, out ulong linear) =>
        cpu.TrySegment(address.Segment, address.Offset(ref cpu.State.Registers), bytes, write, out linear);
}
