using System;
using Iced.Intel;
using KvmSharp.X86.Fpu;
using KvmSharp.X86.Privileged;
using KvmSharp.X86.Simd;

namespace KvmSharp.X86.Operations;

/// <summary>Makes the operation for a decoded instruction, or nothing for a form that there is no operation for.</summary>
delegate DecodedInstruction? OperationFactory(in Decoded decoded);

/// <summary>Which instructions there are: each family enters its own. What nobody has entered is #UD to the guest.</summary>
static class InstructionTable
{
    static readonly OperationFactory?[] _byMnemonic = new OperationFactory?[Enum.GetValues<Mnemonic>().Length];
    static readonly OperationFactory?[] _byCode = new OperationFactory?[Enum.GetValues<Code>().Length];

#pragma warning disable CA1810 // The families are entered in an order that initializers could not have.
    static InstructionTable()
#pragma warning restore CA1810
    {
        ArithmeticInstructions.Enter();
        MoveInstructions.Enter();
        ShiftInstructions.Enter();
        MultiplyInstructions.Enter();
        BitInstructions.Enter();
        ConditionInstructions.Enter();
        BranchInstructions.Enter();
        StackInstructions.Enter();
        StringInstructions.Enter();
        DecimalInstructions.Enter();
        FlagInstructions.Enter();
        ExchangeInstructions.Enter();
        PortInstructions.Enter();
        FlagTransfers.Enter();
        SegmentInstructions.Enter();
        TableInstructions.Enter();
        ControlInstructions.Enter();
        FarTransfers.Enter();
        InterruptTransfers.Enter();
        SystemCalls.Enter();
        ProcessorInstructions.Enter();
        X87Operations.Enter();
        StateImages.Enter();
        VectorInstructions.Enter();
    }

    /// <summary>Whether the instruction is known, in some form.</summary>
    internal static bool IsKnown(Code code) => _byCode[(int)code] is not null || _byMnemonic[(int)code.Mnemonic()] is not null;

    /// <summary>Enters all forms of a mnemonic. What is entered by code goes before.</summary>
    internal static void Add(Mnemonic mnemonic, OperationFactory factory) => _byMnemonic[(int)mnemonic] = factory;

    /// <summary>Enters one form.</summary>
    internal static void Add(Code code, OperationFactory factory) => _byCode[(int)code] = factory;

    /// <summary>The operation for an instruction: an <see cref="Operation"/> or a <see cref="Terminator"/>.</summary>
    internal static DecodedInstruction Translate(in Decoded decoded)
    {
        Code code = decoded.Instruction.Code;
        OperationFactory? factory = _byCode[(int)code] ?? _byMnemonic[(int)code.Mnemonic()];
        DecodedInstruction made = factory?.Invoke(in decoded) ?? new UndefinedInstruction(code);
        made.UsesStack |= decoded.UsesStack;
        return made;
    }
}
