using System;
using Iced.Intel;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using IcedRegister = Iced.Intel.Register;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Operations;

/// <summary>An instruction as the decoder gave it, and how its operands are asked for.</summary>
/// <param name="instruction">What the decoder gave.</param>
/// <param name="mode">How it was decoded.</param>
/// <param name="blockRip">Where its block starts; displacements from RIP are made relative to that.</param>
readonly struct Decoded(in Instruction instruction, CodeMode mode, ulong blockRip)
{
    /// <summary>The instruction.</summary>
    internal Instruction Instruction { get; } = instruction;

    /// <summary>
    /// The instruction for a handler: an address relative to RIP is one relative to the start of the block.
    /// </summary>
    internal Instruction Relative
    {
        get
        {
            Instruction instruction = Instruction;
            if (instruction.IsIPRelativeMemoryOperand)
                instruction.MemoryDisplacement64 = unchecked(instruction.IPRelativeMemoryAddress - blockRip);
            return instruction;
        }
    }

    internal CodeMode Mode { get; } = mode;

    /// <summary>Bits of the mode's near branches and of RIP.</summary>
    internal ulong RipMask => Mode switch
    {
        CodeMode.Bits16 => ushort.MaxValue,
        CodeMode.Bits32 => uint.MaxValue,
        _ => ulong.MaxValue,
    };

    internal bool IsMemory(int operand) => Instruction.GetOpKind(operand) == OpKind.Memory;

    internal bool IsRegister(int operand) => Instruction.GetOpKind(operand) == OpKind.Register;

    /// <summary>Bits of an operand: 8, 16, 32, 64 or more.</summary>
    internal int BitsOf(int operand) => IsRegister(operand)
        ? Instruction.GetOpRegister(operand).GetSize() * 8
        : Instruction.MemorySize.GetSize() * 8;

    /// <summary>The number of a general register operand, as <see cref="IOperandSize"/> takes it.</summary>
    internal int RegisterOf(int operand) => NumberOf(Instruction.GetOpRegister(operand));

    internal ulong ImmediateOf(int operand) => Instruction.GetImmediate(operand);

    /// <summary>Where a near branch goes, from the start of the block.</summary>
    internal ulong BranchOffset => unchecked(Instruction.NearBranchTarget - blockRip);

    /// <summary>How the memory operand becomes a linear address.</summary>
    internal AddressForm AddressForm => Mode != CodeMode.Bits64 ? AddressForm.Segmented
        : AddressBits == 64 ? AddressForm.Long
        : AddressForm.LongWrapped;

    /// <summary>Whether the memory operand is in the stack segment. In 64-bit code only FS and GS take it out.</summary>
    internal bool UsesStack => Mode == CodeMode.Bits64
        ? Instruction.SegmentPrefix is not (IcedRegister.FS or IcedRegister.GS)
            && Instruction.MemoryBase is (IcedRegister.RSP or IcedRegister.RBP or IcedRegister.ESP or IcedRegister.EBP)
        : Instruction.MemorySegment == IcedRegister.SS;

    /// <summary>The memory operand.</summary>
    internal Address Address
    {
        get
        {
            int bits = AddressBits;
            SegmentName segment = SegmentOf(Instruction.MemorySegment);
            bool isRelative = Instruction.IsIPRelativeMemoryOperand;
            return new Address
            {
                Displacement = isRelative
                    ? unchecked(Instruction.IPRelativeMemoryAddress - blockRip)
                    : Instruction.MemoryDisplacement64,
                Mask = bits == 64 ? ulong.MaxValue : bits == 32 ? uint.MaxValue : ushort.MaxValue,
                Base = (byte)(isRelative ? Register.Rip : TermOf(Instruction.MemoryBase)),
                Index = (byte)TermOf(Instruction.MemoryIndex),
                IndexShift = (byte)int.Log2(Instruction.MemoryIndexScale),
                Segment = segment,
                // In 64-bit code only FS and GS have a base.
                SegmentBase = (byte)(Mode == CodeMode.Bits64 && segment < SegmentName.Fs
                    ? Register.Zero
                    : Register.SegmentBase + (int)segment),
            };
        }
    }

    // What Iced decoded as the size of the address; a bare displacement tells by its own size.
    int AddressBits
    {
        get
        {
            IcedRegister register = Instruction.MemoryBase != IcedRegister.None
                ? Instruction.MemoryBase
                : Instruction.MemoryIndex;
            if (register is IcedRegister.RIP)
                return 64;
            if (register is IcedRegister.EIP)
                return 32;
            if (register != IcedRegister.None)
                return register.GetSize() * 8;
            return Instruction.MemoryDisplSize * 8;
        }
    }

    internal static int NumberOf(IcedRegister register)
    {
        int number = register.GetFullRegister().GetNumber();
        return register is IcedRegister.AH or IcedRegister.CH or IcedRegister.DH or IcedRegister.BH
            ? number | Register.HighByte
            : number;
    }

    internal static SegmentName SegmentOf(IcedRegister register) => register switch
    {
        IcedRegister.ES => SegmentName.Es,
        IcedRegister.CS => SegmentName.Cs,
        IcedRegister.SS => SegmentName.Ss,
        IcedRegister.DS => SegmentName.Ds,
        IcedRegister.FS => SegmentName.Fs,
        IcedRegister.GS => SegmentName.Gs,
        _ => throw new ArgumentException($"{register} is no segment register"),
    };

    static int TermOf(IcedRegister register) => register == IcedRegister.None ? Register.Zero : NumberOf(register);
}

/// <summary>The kinds of <see cref="IAddressing"/>.</summary>
enum AddressForm
{
    Long,
    LongWrapped,
    Segmented,
}
