using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>Which registers and which memory an instruction's operands are.</summary>
interface IOperandChoice
{
    /// <summary>The number of a register out of a row; never RSP.</summary>
    int Register(OperandShape shape);

    /// <summary>Gives the memory operand its address.</summary>
    /// <param name="instruction">The instruction, its other operands chosen.</param>
    /// <param name="isBitTest">Whether a register may move the operand, as BT's second does.</param>
    /// <param name="size">Bytes of the operand.</param>
    /// <param name="window">Where memory operands may lie.</param>
    /// <param name="used">Registers that mean something else, a bit each.</param>
    void Place(ref Instruction instruction, bool isBitTest, int size, ulong window, int used);
}
