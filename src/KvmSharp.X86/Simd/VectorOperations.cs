using System;
using System.Runtime.CompilerServices;
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
    internal override bool Execute(Cpu cpu) => Apply(cpu, destination, source, kernel);

    internal override void Emit(RegionEmitter code)
    {
        if (!TKernel.IsTranslated)
        {
            code.CallApart();
            return;
        }
        code.PushCpu();
        code.PushNumber(destination);
        code.PushNumber(source);
        kernel.Push(code);
        code.Call((Func<Cpu, int, int, TKernel, bool>)Apply);
        code.StopUnlessDone();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool Apply(Cpu cpu, int destination, int source, TKernel kernel)
    {
        if (!cpu.TryEnterSse())
            return false;
        if (!kernel.TryCompute(cpu.Xmm[destination], cpu.Xmm[source], cpu, out Vector128<byte> result))
            return cpu.RaiseSimd();
        cpu.Xmm[destination] = result;
        return true;
    }
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

    internal override bool Execute(Cpu cpu) =>
        cpu.TryEnterSse()
        && TAddressing.TryLinear(cpu, in _address, bytes, false, out ulong linear)
        && Apply(cpu, linear, destination, bytes, aligned, kernel);

    internal override void Emit(RegionEmitter code)
    {
        if (!TKernel.IsTranslated || !TAddressing.IsPlain)
        {
            code.CallApart(in _address);
            return;
        }
        code.PushCpu();
        code.PushLinear(in _address);
        code.PushNumber(destination);
        code.PushNumber(bytes);
        code.PushNumber(aligned ? 1 : 0);
        kernel.Push(code);
        code.Call((Func<Cpu, ulong, int, int, bool, TKernel, bool>)EnterAndApply);
        code.StopUnlessDone();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool EnterAndApply(Cpu cpu, ulong linear, int destination, int bytes, bool aligned, TKernel kernel) =>
        cpu.TryEnterSse() && Apply(cpu, linear, destination, bytes, aligned, kernel);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool Apply(Cpu cpu, ulong linear, int destination, int bytes, bool aligned, TKernel kernel)
    {
        if (!cpu.TryLoadVector(linear, bytes, aligned, out Vector128<byte> source))
            return false;
        if (!kernel.TryCompute(cpu.Xmm[destination], source, cpu, out Vector128<byte> result))
            return cpu.RaiseSimd();
        cpu.Xmm[destination] = result;
        return true;
    }
}

/// <summary>mov m, xmm.</summary>
sealed class VectorStore<TAddressing>(int source, Address address, int bytes, bool aligned, bool high) : Operation
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu) =>
        cpu.TryEnterSse()
        && TAddressing.TryLinear(cpu, in _address, bytes, true, out ulong linear)
        && Store(cpu, linear, source, bytes, aligned, high);

    internal override void Emit(RegionEmitter code)
    {
        if (!TAddressing.IsPlain)
        {
            code.CallApart(in _address);
            return;
        }
        code.PushCpu();
        code.PushLinear(in _address);
        code.PushNumber(source);
        code.PushNumber(bytes);
        code.PushNumber(aligned ? 1 : 0);
        code.PushNumber(high ? 1 : 0);
        code.Call((Func<Cpu, ulong, int, int, bool, bool, bool>)EnterAndStore);
        code.StopUnlessDone();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool EnterAndStore(Cpu cpu, ulong linear, int source, int bytes, bool aligned, bool high) =>
        cpu.TryEnterSse() && Store(cpu, linear, source, bytes, aligned, high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool Store(Cpu cpu, ulong linear, int source, int bytes, bool aligned, bool high)
    {
        Vector128<byte> value = cpu.Xmm[source];
        if (high)
            value = Vector128.CreateScalar(value.AsUInt64()[1]).AsByte();
        return cpu.TryStoreVector(linear, bytes, aligned, value) && cpu.Proceed;
    }
}
