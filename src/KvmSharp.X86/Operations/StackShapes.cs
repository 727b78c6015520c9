using KvmSharp.X86.Operands;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operations;

/// <summary>PUSH r64/imm in 64-bit code.</summary>
sealed class LongPush<TSource>(TSource source) : Operation
    where TSource : struct, ISource
{
    internal override bool Execute(Cpu cpu)
    {
        ref Registers registers = ref cpu.State.Registers;
        ulong pointer = registers[Register.Rsp] - sizeof(ulong);
        if (!Qword64.TryStore(cpu, pointer, source.Read<Qword64>(ref registers)))
            return false;
        registers[Register.Rsp] = pointer;
        return cpu.Proceed;
    }
}

/// <summary>POP r64 in 64-bit code.</summary>
sealed class LongPop(int destination) : Operation
{
    internal override bool Execute(Cpu cpu)
    {
        ref Registers registers = ref cpu.State.Registers;
        if (!Qword64.TryLoad(cpu, registers[Register.Rsp], out ulong value))
            return false;
        // The pointer first: what is popped into it stays.
        registers[Register.Rsp] += sizeof(ulong);
        registers[destination & Register.Mask] = value;
        return true;
    }
}

/// <summary>PUSH in other modes and sizes.</summary>
sealed class Push<TSource>(int bits, TSource source) : Operation
    where TSource : struct, ISource
{
    internal override bool Execute(Cpu cpu)
    {
        ulong value = source.Read<Qword64>(ref cpu.State.Registers) & Cpu.MaskOf(bits);
        return cpu.TryPush(bits, value) && cpu.Proceed;
    }
}
