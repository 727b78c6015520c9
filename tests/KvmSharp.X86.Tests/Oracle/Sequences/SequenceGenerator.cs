using System.Collections.Generic;
using System.Runtime.InteropServices;
using Iced.Intel;
using KvmSharp.X86.State;
using Register = Iced.Intel.Register;

namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>Makes random sequences that have one right result and touch nothing but the window.</summary>
sealed class SequenceGenerator
{
    const int MinSteps = 2;
    const int MaxSteps = 12;

    readonly RandomSource _random;
    readonly SequenceOperands _operands;
    readonly InstructionGenerator _instructions;
    readonly InstructionInfoFactory _information = new();
    readonly bool _onHost;
    ulong _window;
    SequencePointers _pointers;

    /// <summary>Makes one.</summary>
    /// <param name="random">Decides.</param>
    /// <param name="onHost">Whether only what the host's CPU has may be used.</param>
    internal SequenceGenerator(RandomSource random, bool onHost)
    {
        _random = random;
        _operands = new SequenceOperands(random);
        _instructions = new InstructionGenerator(random, _operands);
        _onHost = onHost;
        _pointers = _operands.Begin(0);
    }

    internal Sequence Generate(SequenceKind kind, ulong window)
    {
        _window = window;
        _pointers = _operands.Begin(window);
        int count = MinSteps + _random.Below(MaxSteps - MinSteps + 1);
        List<SequenceStep> steps = [];
        while (steps.Count < count)
        {
            if (Draw(kind, steps.Count, count) is not { } step)
                continue;
            steps.Add(step);
            if (!FlagFlow.TryFollow(CollectionsMarshal.AsSpan(steps), out _))
                steps.RemoveAt(steps.Count - 1);
        }
        return new Sequence(steps, _pointers);
    }

    SequenceStep? Draw(SequenceKind kind, int number, int count) => _random.Below(16) switch
    {
        0 or 1 => Branch(number, count),
        2 => Stack(),
        3 or 4 => Prepare(_random.Pick<Code>(SequenceForms.FlagReaders)),
        5 or 6 or 7 or 8 or 9 => Prepare(_random.Pick(SequenceForms.Integer)),
        _ => Prepare(_random.Pick(SequenceForms.Of(kind))),
    };

    SequenceStep? Branch(int number, int count)
    {
        int target = number + 1 + _random.Below(count - number);
        Code code = _random.OneIn(8) ? Code.Jmp_rel8_64 : _random.Pick<Code>(SequenceForms.Branches);
        Instruction branch = Instruction.CreateBranch(code, 0);
        // LOOP counts in RCX.
        return Writes(branch) ? null : new SequenceStep([branch], target);
    }

    SequenceStep? Stack()
    {
        switch (_random.Below(4))
        {
            case 0:
                // All flags at once, none undefined.
                int flags = (int)((_random.Next() & (RFlags.Arithmetic | RFlags.DF)) | RFlags.AlwaysSet);
                return new SequenceStep([Instruction.Create(Code.Pushq_imm32, flags), Instruction.Create(Code.Popfq)]);
            case 1:
                // Call what follows, return behind it.
                return new SequenceStep([
                    Instruction.CreateBranch(Code.Call_rel32_64, 2),
                    Instruction.CreateBranch(Code.Jmp_rel8_64, 3),
                    Instruction.Create(Code.Retnq),
                ]);
            case 2:
                Instruction pop = Instruction.Create(Code.Pop_r64, Register.RAX + _operands.Register(OperandShape.Of(OpCodeOperandKind.r64_opcode)));
                return Writes(pop) ? null : new SequenceStep([Instruction.CreateBranch(Code.Call_rel32_64, 1), pop]);
            default:
                return new SequenceStep([Instruction.Create(Code.Pushfq)]);
        }
    }

    // An instruction of a form, behind those that give it operands it can work with.
    SequenceStep? Prepare(Code form)
    {
        if (_onHost && !HostFeatures.Executes(form))
            return null;
        bool inMemory = _random.OneIn(3) && InstructionGenerator.HasMemoryForm(form);
        if (_instructions.Generate(form, inMemory, address: _window, _window) is not { } generated)
            return null;
        Instruction instruction = generated.Instruction;
        if (!HasOneResult(generated))
            return null;
        if (generated.OperandSize != 0 && form.ToOpCode().CanUseLockPrefix && instruction.Op0Kind == OpKind.Memory && _random.OneIn(4))
            instruction.HasLockPrefix = true;

        List<Instruction> code = [];
        if (generated.ImplicitPointers != 0)
            Point(code, generated);
        if (instruction.Mnemonic is Mnemonic.Div or Mnemonic.Idiv && !_random.OneIn(8))
            Guard(code, instruction);
        code.Add(instruction);
        foreach (Instruction part in code)
        {
            if (Writes(part))
                return null;
        }
        return new SequenceStep([.. code]);
    }

    // A register that moves a bit test's operand may have any value; and what the manuals leave open.
    static bool HasOneResult(GuestCase generated)
    {
        Instruction instruction = generated.Instruction;
        if (generated.BitOffset >= 0)
            return false;
        return instruction.Mnemonic switch
        {
            Mnemonic.Bswap => instruction.Op0Register.GetSize() != 2,
            Mnemonic.Shld or Mnemonic.Shrd => instruction.Op1Register.GetSize() != 2
                || (instruction.Op2Kind != OpKind.Register && (instruction.Immediate8 & 31) <= 16),
            _ => true,
        };
    }

    void Point(List<Instruction> code, GuestCase generated)
    {
        const int Rsi = 6;
        const int Rdi = 7;
        foreach (int number in new[] { Rsi, Rdi })
        {
            if ((generated.ImplicitPointers >> number & 1) != 0)
                code.Add(Instruction.Create(Code.Mov_r32_imm32, Register.EAX + number, (uint)_window + 256 + (uint)_random.Below(512)));
        }
        if (generated.Repeats)
            code.Add(Instruction.Create(Code.Mov_r32_imm32, Register.ECX, _random.OneIn(4) ? _random.Below(17) : _random.Below(3)));
    }

    // A divisor that is not zero and a dividend whose quotient has room: faults would end most sequences early.
    static void Guard(List<Instruction> code, in Instruction division)
    {
        bool isMemory = division.Op0Kind == OpKind.Memory;
        int size = isMemory ? division.MemorySize.GetSize() : division.Op0Register.GetSize();
        Instruction odd = division;
        odd.Code = (size, isMemory) switch
        {
            (1, _) => Code.Or_rm8_imm8,
            (2, _) => Code.Or_rm16_imm8,
            (4, _) => Code.Or_rm32_imm8,
            _ => Code.Or_rm64_imm8,
        };
        odd.Op1Kind = size switch
        {
            1 => OpKind.Immediate8,
            2 => OpKind.Immediate8to16,
            4 => OpKind.Immediate8to32,
            _ => OpKind.Immediate8to64,
        };
        odd.SetImmediate(1, 1UL);
        code.Add(odd);
        if (size == 1)
        {
            code.Add(Instruction.Create(Code.Movzx_r32_rm8, Register.EAX, Register.AL));
        }
        else
        {
            code.Add(Instruction.Create(Code.Xor_r32_rm32, Register.EDX, Register.EDX));
            code.Add(Instruction.Create(Code.Shr_rm64_1, Register.RAX, 1));
        }
    }

    // Whether it writes a register that has to stay.
    bool Writes(in Instruction instruction)
    {
        InstructionInfo information = _information.GetInfo(instruction);
        foreach (UsedRegister used in information.GetUsedRegisters())
        {
            if (used.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite
                && used.Register.IsGPR()
                && (_pointers.Reserved >> used.Register.GetFullRegister().GetNumber() & 1) != 0)
            {
                return true;
            }
        }
        return false;
    }
}
