using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>What an operand's slot takes.</summary>
enum OperandShapeKind
{
    /// <summary>Nothing that can be generated.</summary>
    Other,

    /// <summary>A register out of a row, or memory where allowed.</summary>
    Register,

    /// <summary>Memory only.</summary>
    Memory,

    /// <summary>A number.</summary>
    Immediate,

    /// <summary>Memory at a register the instruction implies.</summary>
    ImpliedMemory,
}

/// <summary>An operand's slot, as much of it as a generator needs.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="First">The first register of the row.</param>
/// <param name="Choices">How many registers the row has; 1 for a number that can only be one.</param>
/// <param name="MayBeMemory">Memory is possible.</param>
/// <param name="ImmediateKind">How a number or an implied address is coded.</param>
/// <param name="Pointers">The registers that an implied address uses, a bit each.</param>
readonly record struct OperandShape(
    OperandShapeKind Kind,
    Register First = Register.None,
    int Choices = 0,
    bool MayBeMemory = false,
    OpKind ImmediateKind = OpKind.Register,
    int Pointers = 0)
{
    const int Rbx = 1 << 3;
    const int Rsi = 1 << 6;
    const int Rdi = 1 << 7;

    public static OperandShape Of(OpCodeOperandKind kind) => kind switch
    {
        OpCodeOperandKind.mem => new(OperandShapeKind.Memory, MayBeMemory: true),
        OpCodeOperandKind.r8_or_mem => Row(Register.AL, 16, true),
        OpCodeOperandKind.r16_or_mem => Row(Register.AX, 16, true),
        OpCodeOperandKind.r32_or_mem => Row(Register.EAX, 16, true),
        OpCodeOperandKind.r64_or_mem => Row(Register.RAX, 16, true),
        OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode => Row(Register.AL, 16),
        OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_reg_mem or OpCodeOperandKind.r16_rm or OpCodeOperandKind.r16_opcode =>
            Row(Register.AX, 16),
        OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_reg_mem or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r32_opcode
            or OpCodeOperandKind.r32_vvvv => Row(Register.EAX, 16),
        OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_reg_mem or OpCodeOperandKind.r64_rm or OpCodeOperandKind.r64_opcode
            or OpCodeOperandKind.r64_vvvv => Row(Register.RAX, 16),
        OpCodeOperandKind.mm_or_mem => Row(Register.MM0, 8, true),
        OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm => Row(Register.MM0, 8),
        OpCodeOperandKind.xmm_or_mem => Row(Register.XMM0, 16, true),
        OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm => Row(Register.XMM0, 16),
        OpCodeOperandKind.st0 => Row(Register.ST0, 1),
        OpCodeOperandKind.sti_opcode => Row(Register.ST0, 8),
        OpCodeOperandKind.al => Row(Register.AL, 1),
        OpCodeOperandKind.cl => Row(Register.CL, 1),
        OpCodeOperandKind.ax => Row(Register.AX, 1),
        OpCodeOperandKind.dx => Row(Register.DX, 1),
        OpCodeOperandKind.eax => Row(Register.EAX, 1),
        OpCodeOperandKind.rax => Row(Register.RAX, 1),
        OpCodeOperandKind.imm8 => Number(OpKind.Immediate8),
        OpCodeOperandKind.imm8_const_1 => new(OperandShapeKind.Immediate, Choices: 1, ImmediateKind: OpKind.Immediate8),
        OpCodeOperandKind.imm8sex16 => Number(OpKind.Immediate8to16),
        OpCodeOperandKind.imm8sex32 => Number(OpKind.Immediate8to32),
        OpCodeOperandKind.imm8sex64 => Number(OpKind.Immediate8to64),
        OpCodeOperandKind.imm16 => Number(OpKind.Immediate16),
        OpCodeOperandKind.imm32 => Number(OpKind.Immediate32),
        OpCodeOperandKind.imm32sex64 => Number(OpKind.Immediate32to64),
        OpCodeOperandKind.imm64 => Number(OpKind.Immediate64),
        OpCodeOperandKind.seg_rSI => Implied(OpKind.MemorySegRSI, Rsi),
        OpCodeOperandKind.es_rDI => Implied(OpKind.MemoryESRDI, Rdi),
        OpCodeOperandKind.seg_rDI => Implied(OpKind.MemorySegRDI, Rdi),
        _ => default,
    };

    static OperandShape Row(Register first, int choices, bool mayBeMemory = false) =>
        new(OperandShapeKind.Register, first, choices, mayBeMemory);

    static OperandShape Number(OpKind kind) => new(OperandShapeKind.Immediate, ImmediateKind: kind);

    static OperandShape Implied(OpKind kind, int pointers) =>
        new(OperandShapeKind.ImpliedMemory, ImmediateKind: kind, Pointers: pointers);
}
