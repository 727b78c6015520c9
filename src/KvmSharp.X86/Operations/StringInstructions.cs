using System;
using Iced.Intel;
using KvmSharp.Addresses;
using KvmSharp.X86.Events;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Operations;

/// <summary>MOVS, STOS, LODS, SCAS, CMPS, with their prefixes.</summary>
static class StringInstructions
{
    internal static void Enter()
    {
        Add(StringStep.Move, Code.Movsb_m8_m8, Code.Movsw_m16_m16, Code.Movsd_m32_m32, Code.Movsq_m64_m64);
        Add(StringStep.Store, Code.Stosb_m8_AL, Code.Stosw_m16_AX, Code.Stosd_m32_EAX, Code.Stosq_m64_RAX);
        Add(StringStep.Load, Code.Lodsb_AL_m8, Code.Lodsw_AX_m16, Code.Lodsd_EAX_m32, Code.Lodsq_RAX_m64);
        Add(StringStep.Scan, Code.Scasb_AL_m8, Code.Scasw_AX_m16, Code.Scasd_EAX_m32, Code.Scasq_RAX_m64);
        Add(StringStep.Compare, Code.Cmpsb_m8_m8, Code.Cmpsw_m16_m16, Code.Cmpsd_m32_m32, Code.Cmpsq_m64_m64);
    }

    static void Add(StringStepHandler step, params ReadOnlySpan<Code> codes)
    {
        for (int size = 0; size < codes.Length; size++)
        {
            int bits = 8 << size;
            InstructionTable.Add(codes[size], (in Decoded decoded) => new StringOperation(in decoded, bits, step));
        }
    }
}

/// <summary>One element of a string instruction.</summary>
/// <returns><see langword="false"/> when it has to stop.</returns>
delegate bool StringStepHandler(Cpu cpu, StringOperation operation);

/// <summary>A string instruction, repeated or not. Between two elements the registers say how far it is.</summary>
sealed class StringOperation : Operation
{
    // Elements between two looks at what else there may be to do.
    const int Stretch = 256;

    readonly StringStepHandler _step;
    readonly int _addressBits;
    readonly bool _repeats;
    readonly bool? _whileZero;

    internal StringOperation(in Decoded decoded, int bits, StringStepHandler step)
    {
        Instruction instruction = decoded.Instruction;
        _step = step;
        Bits = bits;
        bool compares = instruction.Mnemonic is Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq
            or Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq;
        _repeats = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        _whileZero = compares && _repeats ? instruction.HasRepPrefix : null;
        _addressBits = AddressBitsOf(in instruction);
        AddressMask = Cpu.MaskOf(_addressBits);
        Source = instruction.SegmentPrefix != Iced.Intel.Register.None
            ? Decoded.SegmentOf(instruction.SegmentPrefix)
            : SegmentName.Ds;
    }

    /// <summary>Bits of an element.</summary>
    internal int Bits { get; }

    /// <summary>What pointers and the count keep.</summary>
    internal ulong AddressMask { get; }

    /// <summary>The segment that is read; the other is ES.</summary>
    internal SegmentName Source { get; }

    internal override bool Execute(Cpu cpu)
    {
        if (!_repeats)
            return _step(cpu, this) && cpu.Proceed;

        for (int done = 0; (cpu.State.Registers[Register.Rcx] & AddressMask) != 0; done++)
        {
            if (done == Stretch || (done != 0 && (cpu.IsStepping || !cpu.Proceed)))
            {
                cpu.Stop = StopReason.Again;
                return false;
            }
            if (!_step(cpu, this))
                return false;
            // The element is done: what its devices answered is not for the next.
            cpu.DeviceLog.Clear();
            cpu.WriteGeneral(Register.Rcx, _addressBits, cpu.State.Registers[Register.Rcx] - 1);
            if (_whileZero is { } zero && cpu.State.Flags.Zero != zero)
                break;
        }
        return cpu.Proceed;
    }

    /// <summary>Where the source is.</summary>
    internal bool TrySource(Cpu cpu, out ulong linear) =>
        cpu.TryLinear(Source, cpu.State.Registers[Register.Rsi] & AddressMask, Bits / 8, write: false, out linear);

    /// <summary>Where the destination is.</summary>
    internal bool TryDestination(Cpu cpu, bool write, out ulong linear) =>
        cpu.TryLinear(SegmentName.Es, cpu.State.Registers[Register.Rdi] & AddressMask, Bits / 8, write, out linear);

    /// <summary>Moves a pointer to the next element, or further.</summary>
    internal void Advance(Cpu cpu, int register, int elements = 1) =>
        cpu.WriteGeneral(register, _addressBits, cpu.State.Registers[register] + ((ulong)elements * Step(cpu)));

    /// <summary>Bytes from an element to the next, as DF has it.</summary>
    internal ulong Step(Cpu cpu) =>
        unchecked((ulong)((cpu.State.SystemFlags & RFlags.DF) == 0 ? Bits / 8 : -(Bits / 8)));

    /// <summary>How many elements can be moved at once: not out of the page, nor of the count.</summary>
    internal int CountInPage(Cpu cpu, ulong linear, int most)
    {
        if (!_repeats || (cpu.State.SystemFlags & RFlags.DF) != 0)
            return 1;
        ulong count = cpu.State.Registers[Register.Rcx] & AddressMask;
        ulong room = ((ulong)Page.Size - (linear & Page.OffsetMask)) / (ulong)(Bits / 8);
        return (int)Math.Max(1, Math.Min((ulong)most, Math.Min(count, room)));
    }

    /// <summary>Takes all but one of the elements that were moved at once off the count.</summary>
    internal void CountDown(Cpu cpu, int elements)
    {
        if (_repeats)
            cpu.WriteGeneral(Register.Rcx, _addressBits, cpu.State.Registers[Register.Rcx] - (ulong)(elements - 1));
    }

    static int AddressBitsOf(in Instruction instruction)
    {
        for (int operand = 0; operand < instruction.OpCount; operand++)
        {
            switch (instruction.GetOpKind(operand))
            {
                case OpKind.MemorySegSI or OpKind.MemorySegDI or OpKind.MemoryESDI:
                    return 16;
                case OpKind.MemorySegESI or OpKind.MemorySegEDI or OpKind.MemoryESEDI:
                    return 32;
                case OpKind.MemorySegRSI or OpKind.MemorySegRDI or OpKind.MemoryESRDI:
                    return 64;
            }
        }
        throw new ArgumentException($"{instruction.Code} is no string instruction");
    }
}

/// <summary>What the string instructions do with one element.</summary>
static class StringStep
{
    internal static bool Move(Cpu cpu, StringOperation operation)
    {
        if (!operation.TrySource(cpu, out ulong source)
            || !cpu.TryLoadBits(source, operation.Bits, out ulong value)
            || !operation.TryDestination(cpu, write: true, out ulong destination)
            || !cpu.TryStoreBits(destination, operation.Bits, value))
        {
            return false;
        }
        operation.Advance(cpu, Register.Rsi);
        operation.Advance(cpu, Register.Rdi);
        return true;
    }

    internal static bool Store(Cpu cpu, StringOperation operation)
    {
        if (!operation.TryDestination(cpu, write: true, out ulong destination)
            || !cpu.TryStoreBits(destination, operation.Bits, cpu.State.Registers[Register.Rax]))
        {
            return false;
        }
        operation.Advance(cpu, Register.Rdi);
        return true;
    }

    internal static bool Load(Cpu cpu, StringOperation operation)
    {
        if (!operation.TrySource(cpu, out ulong source) || !cpu.TryLoadBits(source, operation.Bits, out ulong value))
            return false;
        cpu.WriteGeneral(Register.Rax, operation.Bits, value);
        operation.Advance(cpu, Register.Rsi);
        return true;
    }

    internal static bool Scan(Cpu cpu, StringOperation operation)
    {
        if (!operation.TryDestination(cpu, write: false, out ulong destination)
            || !cpu.TryLoadBits(destination, operation.Bits, out ulong value))
        {
            return false;
        }
        SetCompared(cpu, operation.Bits, cpu.State.Registers[Register.Rax], value);
        operation.Advance(cpu, Register.Rdi);
        return true;
    }

    internal static bool Compare(Cpu cpu, StringOperation operation)
    {
        if (!operation.TrySource(cpu, out ulong source)
            || !cpu.TryLoadBits(source, operation.Bits, out ulong left)
            || !operation.TryDestination(cpu, write: false, out ulong destination)
            || !cpu.TryLoadBits(destination, operation.Bits, out ulong right))
        {
            return false;
        }
        SetCompared(cpu, operation.Bits, left, right);
        operation.Advance(cpu, Register.Rsi);
        operation.Advance(cpu, Register.Rdi);
        return true;
    }

    static void SetCompared(Cpu cpu, int bits, ulong left, ulong right) => cpu.State.Flags.SetSubtraction(
        Cpu.SignExtend(left, bits), Cpu.SignExtend(right, bits), Cpu.SignExtend(left - right, bits));
}
