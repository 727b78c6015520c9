using System.Runtime.Intrinsics;
using KvmSharp.X86.Operands;
using KvmSharp.X86.Operations;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Simd;

// The operand shapes of vector operations: a register or memory as the source, memory as the destination of a move.

/// <summary>op xmm, xmm.</summary>
sealed class VectorRegister<TKernel>(int destination, int source, TKernel kernel) : Operation
    where TKernel : struct, IVectorKernel
{
    internal override bool Execute(Cpu cpu)
    {
        if (!cpu.TryEnterSse())
            return false;
        if (!kernel.TryCompute(cpu.Xmm[destination], cpu.Xmm[source], cpu, out Vector128<byte> result))
            return cpu.RaiseSimd();
        cpu.Xmm[destination] = result;
        return true;
    }

    internal override void Emit(RegionEmitter code) => code.CallApart();
}

/// <summary>op xmm, constant: shifts by an immediate count.</summary>
sealed class VectorConstant<TKernel>(int destination, byte constant, TKernel kernel) : Operation
    where TKernel : struct, IVectorKernel
{
    internal override bool Execute(Cpu cpu)
    {
        if (!cpu.TryEnterSse())
            return false;
        if (!kernel.TryCompute(
            cpu.Xmm[destination], Vector128.CreateScalar((ulong)constant).AsByte(), cpu, out Vector128<byte> result))
            return cpu.RaiseSimd();
        cpu.Xmm[destination] = result;
        return true;
    }

    internal override void Emit(RegionEmitter code) => code.CallApart();
}

/// <summary>op xmm, m.</summary>
sealed class VectorMemory<TKernel, TAddressing>(int destination, Address address, int bytes, bool aligned, TKernel kernel)
    : Operation
    where TKernel : struct, IVectorKernel
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        if (!cpu.TryEnterSse()
            || !TAddressing.TryLinear(cpu, in _address, bytes, false, out ulong linear)
            || !cpu.TryLoadVector(linear, bytes, aligned, out Vector128<byte> source))
            return false;
        if (!kernel.TryCompute(cpu.Xmm[destination], source, cpu, out Vector128<byte> result))
            return cpu.RaiseSimd();
        cpu.Xmm[destination] = result;
        return true;
    }

    internal override void Emit(RegionEmitter code) => code.CallApart(in _address);
}

/// <summary>mov m, xmm.</summary>
sealed class VectorStore<TAddressing>(int source, Address address, int bytes, bool aligned, bool high) : Operation
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu)
    {
        if (!cpu.TryEnterSse() || !TAddressing.TryLinear(cpu, in _address, bytes, true, out ulong linear))
            return false;
        Vector128<byte> value = cpu.Xmm[source];
        if (high)
            value = Vector128.CreateScalar(value.AsUInt64()[1]).AsByte();
        return cpu.TryStoreVector(linear, bytes, aligned, value) && cpu.Proceed;
    }

    internal override void Emit(RegionEmitter code) => code.CallApart(in _address);
}
