using System;
using Iced.Intel;
using KvmSharp.X86.Operands;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Fpu;

/// <summary>An instruction of <see cref="X87Instructions"/> with its memory operand.</summary>
sealed class X87Operation(in Decoded decoded) : Operation
{
    readonly Instruction _instruction = decoded.Relative;
    readonly Address _address = decoded.IsMemory(0) ? decoded.Address : default;
    readonly bool _stores = decoded.IsMemory(0) && X87Instructions.IsStore(decoded.Instruction.Mnemonic);
    readonly bool _readsFlags = decoded.Instruction.RflagsRead != RflagsBits.None;

    // The bytes of the operand, or 0 for none.
    readonly int _size = decoded.IsMemory(0) ? X87Memory.SizeOf(decoded.Instruction.MemorySize) : 0;

    // Three bits of the first byte and the second one, which for registers holds their number.
    readonly ushort _opcode = (ushort)(decoded.Instruction.Code.ToOpCode().OpCode & 0x7ff);

    internal override bool Execute(Cpu cpu)
    {
        if (!cpu.TryEnterX87(waits: true))
            return false;
        Float80 memory = default;
        ulong linear = 0;
        if (_size != 0
            && (!cpu.TryLinear(_address.Segment, _address.Offset(ref cpu.State.Registers), _size, _stores, out linear)
                || (_stores ? !cpu.TryProbeWrite(linear, _size) : !TryLoad(cpu, linear, out memory))))
            return false;

        ulong flags = _readsFlags ? cpu.State.Flags.Value : 0;
        if (_stores)
        {
            X87State before = cpu.X87;
            X87Instructions.TryExecute(in _instruction, ref cpu.X87, memory, flags, out X87Effects stored);
            if (stored.StoresMemory && !TryStore(cpu, linear, stored.Memory))
            {
                cpu.X87 = before;
                return false;
            }
        }
        else
        {
            X87Instructions.TryExecute(in _instruction, ref cpu.X87, memory, flags, out X87Effects effects);
            if (effects.SetsFlags)
                cpu.State.Flags.Value = effects.Flags;
        }

        // For whoever handles an exception.
        cpu.X87.LastInstruction = cpu.RipAt(Offset);
        cpu.X87.LastOpcode = _opcode;
        if (_size != 0)
            cpu.X87.LastData = linear;
        return cpu.Proceed;
    }

    bool TryLoad(Cpu cpu, ulong linear, out Float80 memory)
    {
        memory = default;
        if (_size <= sizeof(ulong))
        {
            bool done = cpu.TryLoadBits(linear, _size * 8, out ulong value);
            memory = new Float80(0, value);
            return done;
        }

        Span<byte> bytes = stackalloc byte[X87Image.RegisterSize];
        if (!cpu.TryLoadImage(linear, bytes))
            return false;
        memory = X87Image.LoadRegister(bytes);
        return true;
    }

    bool TryStore(Cpu cpu, ulong linear, Float80 memory)
    {
        if (_size <= sizeof(ulong))
            return cpu.TryStoreBits(linear, _size * 8, memory.Significand);
        Span<byte> bytes = stackalloc byte[X87Image.RegisterSize];
        X87Image.StoreRegister(memory, bytes);
        return cpu.TryStoreImage(linear, bytes);
    }
}
