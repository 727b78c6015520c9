using Iced.Intel;
using KvmSharp.X86.Operands;
using KvmSharp.X86.Operations;
using IcedRegister = Iced.Intel.Register;

namespace KvmSharp.X86;

// Operands as the handlers of rare instructions ask for them, in any mode.
partial class Cpu
{
    /// <summary>The linear address of the memory operand.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="bytes">How many bytes are accessed.</param>
    /// <param name="write">Whether they are written.</param>
    /// <param name="linear">The linear address.</param>
    /// <returns><see langword="false"/> when a fault was raised.</returns>
    internal bool TryLinear(in Instruction instruction, int bytes, bool write, out ulong linear) =>
        TryLinear(in instruction, 0, bytes, write, out linear);

    /// <summary>The linear address of a part of the memory operand.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="displacement">Bytes to add to the operand's offset, before it wraps.</param>
    /// <param name="bytes">How many bytes are accessed.</param>
    /// <param name="write">Whether they are written.</param>
    /// <param name="linear">The linear address.</param>
    internal bool TryLinear(in Instruction instruction, long displacement, int bytes, bool write, out ulong linear)
    {
        Address address = new Decoded(in instruction, Mode, blockRip: 0).Address;
        address.Displacement += (ulong)displacement;
        return TryLinear(address.Segment, address.Offset(ref State.Registers), bytes, write, out linear);
    }

    /// <summary>The linear address of the memory operand, unchecked.</summary>
    internal ulong LinearOf(in Instruction instruction)
    {
        Address address = new Decoded(in instruction, Mode, blockRip: 0).Address;
        ulong offset = address.Offset(ref State.Registers);
        ulong start = IsLong64 && address.Segment < X86.State.SegmentName.Fs ? 0 : State.Segments[(int)address.Segment].Base;
        return WrapLinear(start + offset);
    }

    /// <summary>Bits of a register or memory operand.</summary>
    internal int BitsOf(in Instruction instruction, int operand) => new Decoded(in instruction, Mode, 0).BitsOf(operand);

    internal static ulong MaskOf(int bits) => bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;

    internal static long SignExtend(ulong value, int bits) => (long)(value << (64 - bits)) >> (64 - bits);

    /// <summary>A general register's value, zero-extended.</summary>
    internal ulong ReadRegister(IcedRegister register)
    {
        int number = Decoded.NumberOf(register);
        return register.GetSize() switch
        {
            1 => Byte8.Read(ref State.Registers, number),
            2 => Word16.Read(ref State.Registers, number),
            4 => Dword32.Read(ref State.Registers, number),
            _ => Qword64.Read(ref State.Registers, number),
        };
    }

    internal void WriteRegister(IcedRegister register, ulong value) =>
        WriteGeneral(Decoded.NumberOf(register), register.GetSize() * 8, value);

    internal void WriteGeneral(int register, int bits, ulong value)
    {
        switch (bits)
        {
            case 8:
                Byte8.Write(ref State.Registers, register, value);
                break;
            case 16:
                Word16.Write(ref State.Registers, register, value);
                break;
            case 32:
                Dword32.Write(ref State.Registers, register, value);
                break;
            default:
                Qword64.Write(ref State.Registers, register, value);
                break;
        }
    }

    /// <summary>Reads a register, constant or memory operand of 8 to 64 bits, zero-extended.</summary>
    internal bool TryRead(in Instruction instruction, int operand, out ulong value)
    {
        switch (instruction.GetOpKind(operand))
        {
            case OpKind.Register:
                value = ReadRegister(instruction.GetOpRegister(operand));
                return true;
            case OpKind.Memory:
                int bits = BitsOf(in instruction, operand);
                value = 0;
                return TryLinear(in instruction, bits / 8, write: false, out ulong linear) && TryLoadBits(linear, bits, out value);
            default:
                value = instruction.GetImmediate(operand);
                return true;
        }
    }

    /// <summary>Reads an operand that is written afterwards with <see cref="TryWriteBack"/>.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="operand">Which operand.</param>
    /// <param name="value">Its value, zero-extended.</param>
    /// <param name="linear">For memory: where it is.</param>
    internal bool TryReadForUpdate(in Instruction instruction, int operand, out ulong value, out ulong linear)
    {
        linear = 0;
        if (instruction.GetOpKind(operand) == OpKind.Register)
        {
            value = ReadRegister(instruction.GetOpRegister(operand));
            return true;
        }
        int bits = BitsOf(in instruction, operand);
        value = 0;
        return TryLinear(in instruction, bits / 8, write: true, out linear) && TryLoadBitsForUpdate(linear, bits, out value);
    }

    internal bool TryWriteBack(in Instruction instruction, int operand, ulong linear, ulong value)
    {
        if (instruction.GetOpKind(operand) == OpKind.Register)
        {
            WriteRegister(instruction.GetOpRegister(operand), value);
            return true;
        }
        return TryStoreBits(linear, BitsOf(in instruction, operand), value);
    }

    /// <summary>Writes a register or memory operand.</summary>
    internal bool TryWrite(in Instruction instruction, int operand, ulong value)
    {
        int bits = BitsOf(in instruction, operand);
        if (instruction.GetOpKind(operand) == OpKind.Register)
        {
            WriteRegister(instruction.GetOpRegister(operand), value);
            return true;
        }
        return TryLinear(in instruction, bits / 8, write: true, out ulong linear) && TryStoreBits(linear, bits, value);
    }

    /// <summary>Reads 8, 16, 32 or 64 bits with the current privilege, zero-extended.</summary>
    internal bool TryLoadBits(ulong linear, int bits, out ulong value) => bits switch
    {
        8 => Byte8.TryLoad(this, linear, out value),
        16 => Word16.TryLoad(this, linear, out value),
        32 => Dword32.TryLoad(this, linear, out value),
        _ => Qword64.TryLoad(this, linear, out value),
    };

    internal bool TryLoadBitsForUpdate(ulong linear, int bits, out ulong value) => bits switch
    {
        8 => Byte8.TryLoadForUpdate(this, linear, out value),
        16 => Word16.TryLoadForUpdate(this, linear, out value),
        32 => Dword32.TryLoadForUpdate(this, linear, out value),
        _ => Qword64.TryLoadForUpdate(this, linear, out value),
    };

    /// <summary>Writes 8, 16, 32 or 64 bits with the current privilege.</summary>
    internal bool TryStoreBits(ulong linear, int bits, ulong value) => bits switch
    {
        8 => Byte8.TryStore(this, linear, value),
        16 => Word16.TryStore(this, linear, value),
        32 => Dword32.TryStore(this, linear, value),
        _ => Qword64.TryStore(this, linear, value),
    };

    /// <inheritdoc cref="TryCompareExchange{T}"/>
    internal bool TryCompareExchangeBits(ulong linear, int bits, ulong value, ulong comparand, out ulong original) => bits switch
    {
        8 => Byte8.TryCompareExchange(this, linear, value, comparand, out original),
        16 => Word16.TryCompareExchange(this, linear, value, comparand, out original),
        32 => Dword32.TryCompareExchange(this, linear, value, comparand, out original),
        _ => Qword64.TryCompareExchange(this, linear, value, comparand, out original),
    };
}
