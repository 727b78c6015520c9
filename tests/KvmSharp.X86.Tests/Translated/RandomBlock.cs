using System;
using System.IO;
using System.Linq;
using Iced.Intel;
using KvmSharp.X86.Tests.Guests;
using KvmSharp.X86.Tests.Oracle;

namespace KvmSharp.X86.Tests.Translated;

/// <summary>
/// Makes random blocks of integer instructions: registers and memory, all sizes, flags made, kept and read; now and then an
/// access that faults. A jump that depends on the flags and a HLT are the end.
/// </summary>
/// <remarks>R8 points to data, R9 is a small index, R10 points to nothing and is where faults come from. Nothing changes them.</remarks>
sealed class RandomBlock(RandomSource random)
{
    const int FaultsOneIn = 24;

    static readonly Register[][] _registers =
    [
        [Register.AL, Register.CH, Register.DL, Register.BH],
        [Register.AX, Register.CX, Register.DX, Register.SI, Register.R12W],
        [Register.EAX, Register.ECX, Register.EDX, Register.EBX, Register.EDI, Register.R13D, Register.R15D],
        [Register.RAX, Register.RCX, Register.RDX, Register.RBX, Register.RBP, Register.R14, Register.R15],
    ];

    static readonly Register[] _lowBytes = [Register.AL, Register.DL, Register.SIL, Register.R11L];
    static readonly string[] _twoOperands = ["Add", "Adc", "Sub", "Sbb", "And", "Or", "Xor", "Cmp", "Mov"];
    static readonly string[] _shifts = ["Rol", "Ror", "Rcl", "Rcr", "Shl", "Shr", "Sar"];
    static readonly string[] _unary = ["Inc", "Dec", "Neg", "Not"];
    static readonly Code[] _extensions =
        [Code.Movzx_r32_rm8, Code.Movzx_r64_rm16, Code.Movsx_r32_rm8, Code.Movsx_r64_rm16, Code.Movsxd_r64_rm32, Code.Movsx_r16_rm8];

    static readonly Code[] _sets = [.. Enum.GetValues<Code>().Where(code => code is >= Code.Seto_rm8 and <= Code.Setg_rm8)];
    static readonly Code[] _moves = [.. Enum.GetValues<Code>().Where(code => code is >= Code.Cmovo_r16_rm16 and <= Code.Cmovg_r64_rm64)];
    static readonly Code[] _jumps = [.. Enum.GetValues<Code>().Where(code => code.IsJccShort() && code.ToString().EndsWith("_64", StringComparison.Ordinal))];

    /// <summary>Makes one.</summary>
    /// <param name="at">Where it will lie.</param>
    /// <param name="instructions">How many instructions before the jump.</param>
    internal byte[] Make(ulong at, int instructions)
    {
        using var stream = new MemoryStream();
        Encoder encoder = Encoder.Create(64, new StreamCodeWriter(stream));
        for (int count = 0; count < instructions; count++)
            encoder.Encode(Draw(), at + (ulong)stream.Length);
        // Over an instruction whose effect is seen.
        ulong jump = at + (ulong)stream.Length;
        encoder.Encode(Instruction.CreateBranch(random.Pick<Code>(_jumps), jump + 3), jump);
        encoder.Encode(Instruction.Create(Code.Cmc), jump + 2);
        stream.WriteByte(Guest.Halt);
        return stream.ToArray();
    }

    /// <summary>Draws one instruction that is no jump.</summary>
    internal Instruction Draw() => random.Below(12) switch
    {
        0 or 1 or 2 => TwoOperands(),
        3 => Constant(),
        4 => Shift(),
        5 => One(random.Pick<string>(_unary) + "_rm"),
        6 => Extension(),
        7 => random.OneIn(3)
            ? Instruction.Create(Code.Lea_r32_m, RegisterOf(2), Memory())
            : Instruction.Create(Code.Lea_r64_m, RegisterOf(3), Memory()),
        8 => Instruction.Create(random.Pick<Code>(_sets), RegisterOf(0)),
        9 => ConditionalMove(),
        10 => random.OneIn(2)
            ? Instruction.Create(random.OneIn(2) ? Code.Push_r64 : Code.Pop_r64, RegisterOf(3))
            : Product(),
        _ => random.OneIn(2) ? TwoOperands() : Instruction.Create(Code.Nopd),
    };

    Instruction Product() => random.Below(3) switch
    {
        0 => Instruction.Create(Code.Imul_r32_rm32, RegisterOf(2), RegisterOf(2)),
        1 => Instruction.Create(Code.Imul_r64_rm64_imm32, RegisterOf(3), RegisterOf(3), (int)random.Next()),
        _ => random.OneIn(2)
            ? Instruction.Create(Code.Bswap_r32, RegisterOf(2))
            : Instruction.Create(Code.Bswap_r64, RegisterOf(3)),
    };

    Instruction TwoOperands()
    {
        string name = random.Pick<string>(_twoOperands);
        int size = random.Below(4);
        string bits = BitsOf(size);
        return random.Below(3) switch
        {
            0 => Instruction.Create(CodeOf($"{name}_rm{bits}_r{bits}"), RegisterOf(size), RegisterOf(size)),
            1 => Instruction.Create(CodeOf($"{name}_rm{bits}_r{bits}"), Memory(), LowRegisterOf(size)),
            _ => Instruction.Create(CodeOf($"{name}_r{bits}_rm{bits}"), LowRegisterOf(size), Memory()),
        };
    }

    Instruction Constant()
    {
        string name = random.Pick<string>(_twoOperands);
        int size = random.Below(4);
        int value = (sbyte)random.Next();
        string form = $"{name}_rm{BitsOf(size)}_imm{(size == 0 ? 8 : size == 1 ? 16 : 32)}";
        return random.OneIn(3)
            ? Instruction.Create(CodeOf(form), Memory(), value)
            : Instruction.Create(CodeOf(form), LowRegisterOf(size), value);
    }

    Instruction Shift()
    {
        string name = random.Pick<string>(_shifts);
        int size = random.Below(4);
        return random.OneIn(3)
            ? Instruction.Create(CodeOf($"{name}_rm{BitsOf(size)}_CL"), RegisterOf(size), Register.CL)
            : Instruction.Create(CodeOf($"{name}_rm{BitsOf(size)}_imm8"), RegisterOf(size), random.Below(70));
    }

    Instruction One(string form)
    {
        int size = random.Below(4);
        Code code = CodeOf(form + BitsOf(size));
        return random.OneIn(3) ? Instruction.Create(code, Memory()) : Instruction.Create(code, RegisterOf(size));
    }

    Instruction Extension()
    {
        Code code = random.Pick<Code>(_extensions);
        OpCodeInfo form = code.ToOpCode();
        Register to = LowRegisterOf(form.GetOpKind(0) switch
        {
            OpCodeOperandKind.r16_reg => 1,
            OpCodeOperandKind.r32_reg => 2,
            _ => 3,
        });
        return random.OneIn(2)
            ? Instruction.Create(code, to, Memory())
            : Instruction.Create(code, to, LowRegisterOf(form.GetOpKind(1) switch
            {
                OpCodeOperandKind.r8_or_mem => 0,
                OpCodeOperandKind.r16_or_mem => 1,
                _ => 2,
            }));
    }

    Instruction ConditionalMove()
    {
        Code code = random.Pick<Code>(_moves);
        int size = code.ToOpCode().GetOpKind(0) switch
        {
            OpCodeOperandKind.r16_reg => 1,
            OpCodeOperandKind.r32_reg => 2,
            _ => 3,
        };
        return random.OneIn(2)
            ? Instruction.Create(code, RegisterOf(size), RegisterOf(size))
            : Instruction.Create(code, RegisterOf(size), Memory());
    }

    MemoryOperand Memory()
    {
        if (random.OneIn(FaultsOneIn))
            return new MemoryOperand(Register.R10, random.Below(64), 8);
        return random.OneIn(2)
            ? new MemoryOperand(Register.R8, random.Below(256), 8)
            : new MemoryOperand(Register.R8, Register.R9, 1 << random.Below(4), random.Below(256), 8);
    }

    Register RegisterOf(int size) => random.Pick<Register>(_registers[size]);

    // AH, CH, DH and BH cannot be named beside R8 and its like.
    Register LowRegisterOf(int size) => size == 0 ? random.Pick<Register>(_lowBytes) : RegisterOf(size);

    static string BitsOf(int size) => size switch { 0 => "8", 1 => "16", 2 => "32", _ => "64" };

    static Code CodeOf(string name) => Enum.Parse<Code>(name);
}
