using System;
using System.Buffers.Binary;
using KvmSharp.Addresses;
using static KvmSharp.InterruptControllers.ApicRegister;

namespace KvmSharp.InterruptControllers;

// The registers, as the guest reads and writes them.
partial class LocalApic
{
    const int MsrBase = 0x800;
    const int MsrCount = 0x100;
    const ulong CommandReserved = 0xFFF3_2000;

    /// <summary>Reads registers through memory. What lies on no register reads as zeros.</summary>
    /// <param name="address">In the APIC's page.</param>
    /// <param name="data">1 … 8 bytes.</param>
    public void ReadMemory(Gpa address, Span<byte> data)
    {
        int offset = (int)(address.Value & Page.OffsetMask);
        // A hole in memory while the page is not the APIC's (KVM_X86_QUIRK_LAPIC_MMIO_HOLE).
        if (!IsEnabled || IsX2)
        {
            data.Fill(byte.MaxValue);
            return;
        }
        data.Clear();
        int within = offset % Spacing;
        if (within + data.Length > sizeof(uint) || !TryReadRegister(offset - within, out uint value))
            return;
        Span<byte> whole = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(whole, value);
        whole.Slice(within, data.Length).CopyTo(data);
    }

    /// <summary>Writes a register through memory; only whole registers can be written.</summary>
    /// <param name="address">In the APIC's page.</param>
    /// <param name="data">1 … 8 bytes.</param>
    public void WriteMemory(Gpa address, ReadOnlySpan<byte> data)
    {
        int offset = (int)(address.Value & Page.OffsetMask);
        if (IsEnabled && !IsX2 && data.Length == sizeof(uint) && offset % Spacing == 0)
            TryWriteRegister(offset, BinaryPrimitives.ReadUInt32LittleEndian(data));
    }

    /// <summary>Whether an MSR is one of x2APIC mode's registers, and can be read.</summary>
    /// <param name="msr">Its number.</param>
    /// <param name="value">What it reads as.</param>
    public bool TryReadMsr(uint msr, out ulong value)
    {
        value = 0;
        if (!IsX2 || msr - MsrBase >= MsrCount)
            return false;
        int register = (int)(msr - MsrBase) * Spacing;
        if (register is ArbitrationPriority or DestinationFormat or CommandHigh || !TryReadRegister(register, out uint low))
            return false;
        value = register == Command ? low | ((ulong)Read(CommandHigh) << 32) : low;
        return true;
    }

    /// <summary>Writes one of x2APIC mode's registers.</summary>
    /// <param name="msr">Its number.</param>
    /// <param name="value">The value.</param>
    /// <returns>Whether there is such a register and it can have this value.</returns>
    public bool TryWriteMsr(uint msr, ulong value)
    {
        if (!IsX2 || msr - MsrBase >= MsrCount)
            return false;
        int register = (int)(msr - MsrBase) * Spacing;
        if (register == Command)
        {
            value &= ~(ulong)Busy;
            if ((value & CommandReserved) != 0)
                return false;
            Write(CommandHigh, (uint)(value >> 32));
            Write(Command, (uint)value);
            Send((uint)value, (uint)(value >> 32));
            return true;
        }
        return value <= uint.MaxValue && register is not (CommandHigh or DestinationFormat)
            && TryWriteRegister(register, (uint)value);
    }

    bool TryReadRegister(int register, out uint value)
    {
        value = register switch
        {
            ArbitrationPriority => 0,
            ProcessorPriority => ComputePriority(),
            CurrentCount => _timer.Remaining,
            >= InService and < TriggerMode => _inService.Part((register - InService) / Spacing),
            >= TriggerMode and < Requested => _levelTriggered.Part((register - TriggerMode) / Spacing),
            >= Requested and < BeyondRequested => _requested.Part((register - Requested) / Spacing),
            < RegisterCount * Spacing => Read(register),
            _ => 0,
        };
        return register is Id or ApicRegister.Version or TaskPriority or ArbitrationPriority or ProcessorPriority
            or LogicalDestination or DestinationFormat or SpuriousVector or (>= InService and <= ErrorStatus)
            or (>= Command and <= CurrentCount) or DivideConfiguration;
    }

    bool TryWriteRegister(int register, uint value)
    {
        switch (register)
        {
            case Id or LogicalDestination or DestinationFormat or CommandHigh when IsX2:
                return false;
            case Id:
                Write(Id, value & 0xFF00_0000);
                break;
            case LogicalDestination:
                Write(register, value & 0xFF00_0000);
                break;
            case DestinationFormat:
                Write(register, value | ClusterFormat);
                break;
            case SpuriousVector:
                WriteSpurious(value);
                break;
            case TaskPriority:
                Write(register, value & 0xFF);
                return true;
            case EndOfInterrupt:
                EndInterrupt();
                return true;
            case Command:
                value &= ~Busy;
                Send(value, Read(CommandHigh) >> 24);
                Write(Command, value);
                return true;
            case CommandHigh:
                Write(register, value & 0xFF00_0000);
                return true;
            case Timer or Thermal or Performance or Lint0 or Lint1 or Error:
                Write(register, (value | (IsSoftwareEnabled ? 0 : Masked)) & LocalMask(register));
                if (register == Timer)
                    _timer.SetPeriodic((Read(Timer) & Periodic) != 0);
                return true;
            case InitialCount:
                Write(register, value);
                _timer.Start(value);
                return true;
            case DivideConfiguration:
                Write(register, value & 0xB);
                _timer.SetDivider(DividerOf(value));
                return true;
            case ErrorStatus:
                return !IsX2 || value == 0;
            case SelfIpi when IsX2 && value <= byte.MaxValue:
                Send(value | ((uint)Shorthand.Self << 18), 0);
                return true;
            default:
                return false;
        }
        // Who looks for a target may find another now.
        _chip.Apics.Invalidate();
        return true;
    }

    void WriteSpurious(uint value)
    {
        const uint Kept = 0x3FF;
        Write(SpuriousVector, value & Kept);
        if ((value & SoftwareEnabled) != 0)
            return;
        foreach (int vector in LocalVectors)
            Write(vector, Read(vector) | Masked);
        _timer.TakeExpired();
    }

    void Send(uint command, uint destination) => _chip.Apics.Deliver(ApicMessage.OfCommand(command, destination), this);

    // Bits 0, 1 and 3: 2, 4, … 128, and 1.
    static int DividerOf(uint configuration) => 1 << (int)((((configuration & 3) | ((configuration & 8) >> 1)) + 1) & 7);
}
