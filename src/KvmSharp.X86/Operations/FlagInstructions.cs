using Iced.Intel;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Operations;

/// <summary>CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC, and the sign extensions of the accumulator.</summary>
static class FlagInstructions
{
    const ulong InAh = RFlags.CF | RFlags.PF | RFlags.AF | RFlags.ZF | RFlags.SF;

    internal static void Enter()
    {
        Add(Mnemonic.Clc, cpu => cpu.State.Flags.ReplaceCarry(false));
        Add(Mnemonic.Stc, cpu => cpu.State.Flags.ReplaceCarry(true));
        Add(Mnemonic.Cmc, cpu => cpu.State.Flags.ReplaceCarry(!cpu.State.Flags.Carry));
        Add(Mnemonic.Cld, cpu => cpu.State.SystemFlags &= ~RFlags.DF);
        Add(Mnemonic.Std, cpu => cpu.State.SystemFlags |= RFlags.DF);
        Add(Mnemonic.Lahf, cpu => Byte8.Write(
            ref cpu.State.Registers, Register.Rax | Register.HighByte, (cpu.State.Flags.Value & InAh) | RFlags.AlwaysSet));
        Add(Mnemonic.Sahf, cpu => cpu.State.Flags.Replace(
            InAh, Byte8.Read(ref cpu.State.Registers, Register.Rax | Register.HighByte) & InAh));
        Add(Mnemonic.Salc, cpu => Byte8.Write(
            ref cpu.State.Registers, Register.Rax, cpu.State.Flags.Carry ? byte.MaxValue : 0UL));
        Add(Mnemonic.Cbw, cpu => cpu.WriteGeneral(Register.Rax, 16, (ulong)(sbyte)cpu.State.Registers[Register.Rax]));
        Add(Mnemonic.Cwde, cpu => cpu.WriteGeneral(Register.Rax, 32, (ulong)(short)cpu.State.Registers[Register.Rax]));
        Add(Mnemonic.Cdqe, cpu => cpu.WriteGeneral(Register.Rax, 64, (ulong)(int)cpu.State.Registers[Register.Rax]));
        Add(Mnemonic.Cwd, cpu => SpreadSign(cpu, 16));
        Add(Mnemonic.Cdq, cpu => SpreadSign(cpu, 32));
        Add(Mnemonic.Cqo, cpu => SpreadSign(cpu, 64));
    }

    static void SpreadSign(Cpu cpu, int bits) =>
        cpu.WriteGeneral(Register.Rdx, bits, (ulong)(Cpu.SignExtend(cpu.State.Registers[Register.Rax], bits) >> 63));

    static void Add(Mnemonic mnemonic, System.Action<Cpu> action) =>
        InstructionTable.Add(mnemonic, (in Decoded _) => new StateOperation(action));
}

/// <summary>What only changes registers and flags, without operands.</summary>
sealed class StateOperation(System.Action<Cpu> action) : Operation
{
    internal override bool Execute(Cpu cpu)
    {
        action(cpu);
        return true;
    }
}
