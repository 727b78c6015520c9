using System;
using System.Buffers.Binary;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace OwnCpu;

/// <summary>Everything that is not memory: the serial port, the interrupt lines, and nothing.</summary>
sealed class Bus(Uart uart, VcpuTable vcpus) : IMmioDevice
{
    /// <inheritdoc/>
    public void Read(Gpa address, Span<byte> data)
    {
        if (IsIn(address, GuestMap.Uart, Uart.Size))
            uart.Read(address, data);
        else
            data.Fill(byte.MaxValue);
    }

    /// <summary>A word written to a hart's interrupt line interrupts it.</summary>
    public void Write(Gpa address, ReadOnlySpan<byte> data)
    {
        if (IsIn(address, GuestMap.Uart, Uart.Size))
            uart.Write(address, data);
        else if (IsIn(address, GuestMap.Interrupts, Page.Size) && data.Length == sizeof(uint)
            && BinaryPrimitives.ReadUInt32LittleEndian(data) != 0)
            Interrupt((uint)(address - GuestMap.Interrupts) / sizeof(uint));
    }

    // The number is the guest's choice: there may be no such hart.
    void Interrupt(uint hart)
    {
        if (vcpus.TryFind(new VcpuId(hart), out Vcpu? target))
            target.MakeRequest(Requests.Interrupt);
    }

    static bool IsIn(Gpa address, Gpa start, ulong length) => address - start < length;
}
