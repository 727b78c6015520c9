using Iced.Intel;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operations;

/// <summary>SETcc and CMOVcc.</summary>
static class ConditionInstructions
{
    internal static void Enter()
    {
        foreach (Code code in System.Enum.GetValues<Code>())
        {
            if (code.IsSetcc())
                InstructionTable.Add(code, (in Decoded decoded) => Conditions.Select(in decoded, default(SetMaker)));
            else if (code.IsCmovcc())
                InstructionTable.Add(code, (in Decoded decoded) => Conditions.Select(in decoded, default(MoveMaker)));
        }
    }

    static bool IsSetcc(this Code code) => code is >= Code.Seto_rm8 and <= Code.Setg_rm8;

    static bool IsCmovcc(this Code code) => code is >= Code.Cmovo_r16_rm16 and <= Code.Cmovg_r64_rm64;

    readonly struct SetMaker : IConditionMaker
    {
        public DecodedInstruction? Make<TCondition>(in Decoded decoded)
            where TCondition : struct, ICondition => decoded.IsRegister(0)
                ? new SetRegister<TCondition>(decoded.RegisterOf(0))
                : new InterpretedOperation(in decoded, SetMemory<TCondition>);
    }

    readonly struct MoveMaker : IConditionMaker
    {
        public DecodedInstruction? Make<TCondition>(in Decoded decoded)
            where TCondition : struct, ICondition => decoded.IsRegister(1)
                ? Forms.Size(in decoded, decoded.BitsOf(0), default(MoveRegisterMaker<TCondition>))
                : Forms.Memory(in decoded, decoded.BitsOf(0), default(MoveMemoryMaker<TCondition>));
    }

    readonly struct MoveRegisterMaker<TCondition> : ISizedMaker
        where TCondition : struct, ICondition
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize =>
            new MoveIfRegister<TCondition, TSize>(decoded.RegisterOf(0), decoded.RegisterOf(1));
    }

    readonly struct MoveMemoryMaker<TCondition> : IAddressedMaker
        where TCondition : struct, ICondition
    {
        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing =>
            new MoveIfMemory<TCondition, TSize, TAddressing>(decoded.RegisterOf(0), decoded.Address);
    }

    static bool SetMemory<TCondition>(Cpu cpu, in Instruction instruction)
        where TCondition : struct, ICondition =>
        cpu.TryWrite(in instruction, 0, TCondition.Holds(in cpu.State.Flags) ? 1UL : 0);
}

/// <summary>SETcc r8.</summary>
sealed class SetRegister<TCondition>(int destination) : Operation
    where TCondition : struct, ICondition
{
    internal override bool Execute(Cpu cpu)
    {
        Byte8.Write(ref cpu.State.Registers, destination, TCondition.Holds(in cpu.State.Flags) ? 1UL : 0);
        return true;
    }

    internal override void Emit(RegionEmitter code)
    {
        code.PushConstant(1);
        code.Choose<TCondition>(static code => code.PushConstant(0));
        code.PopRegister<Byte8>(destination);
    }
}

/// <summary>CMOVcc r, r. A 32-bit destination loses its upper half either way.</summary>
sealed class MoveIfRegister<TCondition, TSize>(int destination, int source) : Operation
    where TCondition : struct, ICondition
    where TSize : struct, IOperandSize
{
    internal override bool Execute(Cpu cpu)
    {
        ref Registers registers = ref cpu.State.Registers;
        int from = TCondition.Holds(in cpu.State.Flags) ? source : destination;
        TSize.Write(ref registers, destination, TSize.Read(ref registers, from));
        return true;
    }

    internal override void Emit(RegionEmitter code)
    {
        code.PushRegister<TSize>(source);
        code.Choose<TCondition>(code => code.PushRegister<TSize>(destination));
        code.PopRegister<TSize>(destination);
    }
}

/// <summary>CMOVcc r, m. The memory is read either way.</summary>
sealed class MoveIfMemory<TCondition, TSize, TAddressing>(int destination, Address address) : Operation
    where TCondition : struct, ICondition
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        if (!TAddressing.TryLinear(cpu, in _address, TSize.Bits / 8, false, out ulong linear)
            || !TSize.TryLoad(cpu, linear, out ulong value))
        {
            return false;
        }
        ref Registers registers = ref cpu.State.Registers;
        if (!TCondition.Holds(in cpu.State.Flags))
            value = TSize.Read(ref registers, destination);
        TSize.Write(ref registers, destination, value);
        return true;
    }

    internal override void Emit(RegionEmitter code)
    {
        if (!code.TryLoad<TSize, TAddressing>(in _address))
            return;
        code.PushValue();
        code.Choose<TCondition>(code => code.PushRegister<TSize>(destination));
        code.PopRegister<TSize>(destination);
    }
}
