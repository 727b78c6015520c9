using Iced.Intel;

namespace KvmSharp.X86.Operations;

/// <summary>ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, INC, DEC, NEG, NOT.</summary>
static class ArithmeticInstructions
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Add, BinaryFactory.Make<AddOperation>);
        InstructionTable.Add(Mnemonic.Adc, BinaryFactory.Make<AddCarryOperation>);
        InstructionTable.Add(Mnemonic.Sub, BinaryFactory.Make<SubtractOperation>);
        InstructionTable.Add(Mnemonic.Sbb, BinaryFactory.Make<SubtractBorrowOperation>);
        InstructionTable.Add(Mnemonic.Cmp, BinaryFactory.Make<CompareOperation>);
        InstructionTable.Add(Mnemonic.And, BinaryFactory.Make<AndOperation>);
        InstructionTable.Add(Mnemonic.Or, BinaryFactory.Make<OrOperation>);
        InstructionTable.Add(Mnemonic.Xor, BinaryFactory.Make<XorOperation>);
        InstructionTable.Add(Mnemonic.Test, BinaryFactory.Make<TestOperation>);
        InstructionTable.Add(Mnemonic.Inc, BinaryFactory.MakeUnary<IncrementOperation>);
        InstructionTable.Add(Mnemonic.Dec, BinaryFactory.MakeUnary<DecrementOperation>);
        InstructionTable.Add(Mnemonic.Neg, BinaryFactory.MakeUnary<NegateOperation>);
        InstructionTable.Add(Mnemonic.Not, BinaryFactory.MakeUnary<NotOperation>);
    }
}
