using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using KvmSharp.X86.Translated;

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

    internal override void Emit(RegionEmitter code)
    {
        code.PushRegister<Qword64>(Register.Rsp);
        code.PushConstant(unchecked((ulong)-sizeof(ulong)));
        code.Add();
        code.PopLinear();
        source.Push<Qword64>(code);
        code.PopValue();
        code.Store<Qword64>();
        code.PushLastLinear();
        code.PopRegister<Qword64>(Register.Rsp);
        code.Proceed();
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

    internal override void Emit(RegionEmitter code)
    {
        code.PushRegister<Qword64>(Register.Rsp);
        code.Load<Qword64>();
        code.PushRegister<Qword64>(Register.Rsp);
        code.PushConstant(sizeof(ulong));
        code.Add();
        code.PopRegister<Qword64>(Register.Rsp);
        code.PushValue();
        code.PopRegister<Qword64>(destination);
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
