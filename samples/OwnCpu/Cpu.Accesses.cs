using System;
using System.Buffers.Binary;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace OwnCpu;

// Loads, stores and atomic operations: what ends in memory ends here, the rest is an exit.
partial class Cpu
{
    // The load or store that a device has to complete, and what of its value came from memory.
    Instruction _pending;
    ulong _partial;

    /// <summary>Lets devices complete the access that ended in <see cref="CpuExit.Mmio"/>. Outside guest mode.</summary>
    /// <remarks>
    /// The memory view says what is left in pieces of up to eight bytes: an access may begin in a slot and end beyond it.
    /// </remarks>
    public void CompleteMmio(IMmioDevice devices)
    {
        GuestFault fault = memory.Fault;
        ulong value = _partial;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        for (int index = 0; index < fault.FragmentCount; index++)
        {
            MmioFragment fragment = fault.Fragment(index);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, fragment.Data);
            if (fault.IsWrite)
            {
                devices.Write(fragment.Gpa, bytes[..fragment.Length]);
            }
            else
            {
                devices.Read(fragment.Gpa, bytes[..fragment.Length]);
                value |= BinaryPrimitives.ReadUInt64LittleEndian(bytes) << (fragment.Offset * 8);
            }
        }
        if (!fault.IsWrite)
            this[_pending.Rd] = Extend(_pending, value);
        Skip();
    }

    CpuExit Load(Instruction instruction, Gpa address)
    {
        bool complete;
        ulong value;
        switch (instruction.Funct3)
        {
            case Width.ByteUnsigned:
                complete = memory.TryRead(address, out byte small);
                value = small;
                break;
            case Width.Word:
                complete = memory.TryRead(address, out uint word);
                value = word;
                break;
            case Width.Double:
                complete = memory.TryRead(address, out value);
                break;
            default:
                return CpuExit.IllegalInstruction;
        }
        if (!complete)
            return Leave(instruction, value);
        this[instruction.Rd] = Extend(instruction, value);
        return CpuExit.None;
    }

    CpuExit Store(Instruction instruction, Gpa address, ulong value)
    {
        bool complete;
        switch (instruction.Funct3)
        {
            case Width.Byte:
                complete = memory.TryWrite(address, (byte)value);
                break;
            case Width.Word:
                complete = memory.TryWrite(address, (uint)value);
                break;
            case Width.Double:
                complete = memory.TryWrite(address, value);
                break;
            default:
                return CpuExit.IllegalInstruction;
        }
        return complete ? CpuExit.None : Leave(instruction, 0);
    }

    // Atomic for other harts and for the host alike: one instruction of the host processor on the shared memory.
    CpuExit Atomic(Instruction instruction, Gpa address, ulong value)
    {
        // amoadd.d; its ordering bits ask for no more than the fence that every atomic operation is here.
        if (instruction.Funct3 != Width.Double || instruction.Funct7 >> 2 != 0)
            return CpuExit.IllegalInstruction;
        if (!memory.TryAdd(address, value, out ulong original))
            return CpuExit.AccessFault;
        this[instruction.Rd] = original;
        return CpuExit.None;
    }

    CpuExit Leave(Instruction instruction, ulong partial)
    {
        if (memory.Fault.Kind != GuestAccessKind.Mmio)
            return CpuExit.AccessFault;
        _pending = instruction;
        _partial = partial;
        return CpuExit.Mmio;
    }

    static ulong Extend(Instruction load, ulong value) =>
        load.Funct3 == Width.Word ? (ulong)(int)value : value;
}
