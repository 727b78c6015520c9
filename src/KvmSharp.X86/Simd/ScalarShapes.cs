using System.Runtime.Intrinsics;
using KvmSharp.X86.Operands;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Simd;

// The operand shapes of what goes between vectors on one side and general registers or flags on the other.

/// <summary>What becomes of a vector that stays no vector.</summary>
interface IVectorSink
{
    /// <summary>Takes it.</summary>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    bool TryTake(Cpu cpu, Vector128<byte> source);
}

/// <summary>How an integer becomes a part of a vector.</summary>
interface IVectorMaker
{
    /// <summary>Changes the destination.</summary>
    /// <returns>False when an unmasked exception was met: #XM.</returns>
    bool TryMake(Cpu cpu, ulong value, ref Vector128<byte> destination);
}

/// <summary>A vector register goes elsewhere.</summary>
sealed class SinkRegister<TSink>(int source, TSink sink) : Operation
    where TSink : struct, IVectorSink
{
    internal override bool Execute(Cpu cpu) =>
        cpu.TryEnterSse() && (sink.TryTake(cpu, cpu.Xmm[source]) || cpu.RaiseSimd());
}

/// <summary>The low bytes of a vector in memory go elsewhere; they need no alignment.</summary>
sealed class SinkMemory<TSink, TAddressing>(Address address, int bytes, TSink sink) : Operation
    where TSink : struct, IVectorSink
    where TAddressing : struct, IAddressing
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu) =>
        cpu.TryEnterSse()
        && TAddressing.TryLinear(cpu, in _address, bytes, false, out ulong linear)
        && cpu.TryLoadVector(linear, bytes, aligned: false, out Vector128<byte> source)
        && (sink.TryTake(cpu, source) || cpu.RaiseSimd());
}

/// <summary>A general register goes to a vector.</summary>
sealed class MakeFromRegister<TSize, TMaker>(int destination, int register, TMaker maker) : Operation
    where TSize : struct, IOperandSize
    where TMaker : struct, IVectorMaker
{
    internal override bool Execute(Cpu cpu) =>
        cpu.TryEnterSse()
        && (maker.TryMake(cpu, TSize.Read(ref cpu.State.Registers, register), ref cpu.Xmm[destination]) || cpu.RaiseSimd());
}

/// <summary>An integer in memory goes to a vector.</summary>
sealed class MakeFromMemory<TSize, TAddressing, TMaker>(int destination, Address address, TMaker maker) : Operation
    where TSize : struct, IOperandSize
    where TAddressing : struct, IAddressing
    where TMaker : struct, IVectorMaker
{
    readonly Address _address = address;

    internal override bool Execute(Cpu cpu) =>
        cpu.TryEnterSse()
        && TAddressing.TryLinear(cpu, in _address, IOperandSize.BytesOf<TSize>(), false, out ulong linear)
        && TSize.TryLoad(cpu, linear, out ulong value)
        && (maker.TryMake(cpu, value, ref cpu.Xmm[destination]) || cpu.RaiseSimd());
}
