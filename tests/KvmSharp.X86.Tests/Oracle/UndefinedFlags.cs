using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>Which bits of RFLAGS an instruction leaves undefined, so that no comparison may look at them.</summary>
/// <remarks>
/// The decoder carries the "Flags Affected" sections of the manuals' instruction reference. What depends on an operand's
/// value is added here, from the same sections.
/// </remarks>
static class UndefinedFlags
{
    public const ulong Carry = 1 << 0;
    public const ulong Parity = 1 << 2;
    public const ulong Adjust = 1 << 4;
    public const ulong Zero = 1 << 6;
    public const ulong Sign = 1 << 7;
    public const ulong Overflow = 1 << 11;

    /// <summary>The bits that one execution leaves undefined.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="rcx">RCX before it, which holds the count of some shifts.</param>
    public static ulong Of(in Instruction instruction, ulong rcx)
    {
        ulong mask = 0;
        RflagsBits bits = instruction.RflagsUndefined;
        mask |= (bits & RflagsBits.CF) != 0 ? Carry : 0;
        mask |= (bits & RflagsBits.PF) != 0 ? Parity : 0;
        mask |= (bits & RflagsBits.AF) != 0 ? Adjust : 0;
        mask |= (bits & RflagsBits.ZF) != 0 ? Zero : 0;
        mask |= (bits & RflagsBits.SF) != 0 ? Sign : 0;
        mask |= (bits & RflagsBits.OF) != 0 ? Overflow : 0;
        return mask | OfShift(instruction, rcx);
    }

    // "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD", "SHRD": a masked count of zero changes nothing; OF is defined for a
    // count of one only, AF never; CF is lost when a shift's count reaches the operand's size.
    static ulong OfShift(in Instruction instruction, ulong rcx)
    {
        bool shifts = instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Sal;
        bool rotates = instruction.Mnemonic is Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr;
        bool shiftsDouble = instruction.Mnemonic is Mnemonic.Shld or Mnemonic.Shrd;
        if (!shifts && !rotates && !shiftsDouble)
            return 0;
        int last = instruction.OpCount - 1;
        int bits = SizeOf(instruction) * 8;
        int count = instruction.GetOpKind(last) == OpKind.Register ? (int)rcx : (int)instruction.GetImmediate(last);
        count &= bits == 64 ? 0x3f : 0x1f;
        if (count == 0)
            return 0;
        ulong mask = count == 1 ? 0 : Overflow;
        if (!rotates)
            mask |= Adjust;
        if (shifts && instruction.Mnemonic != Mnemonic.Sar && count >= bits)
            mask |= Carry;
        if (shiftsDouble && count > bits)
            mask |= Carry | Parity | Zero | Sign | Overflow;
        return mask;
    }

    static int SizeOf(in Instruction instruction) => instruction.Op0Kind == OpKind.Register
        ? instruction.Op0Register.GetSize()
        : instruction.MemorySize.GetSize();
}
