using System;
using KvmSharp.Buses;

namespace KvmSharp.InterruptControllers;

/// <summary>Two ports of the 8259s. They are bytes; an access of another size does nothing.</summary>
sealed class PicReceiver(Irqchip chip, ushort port) : DeviceReceiver(port, 2)
{
    internal override bool TryTake(ulong at, ReadOnlySpan<byte> data)
    {
        if (data.Length == 1)
            chip.WritePic((ushort)at, data[0]);
        return true;
    }

    internal override bool TryAnswer(ulong at, Span<byte> data)
    {
        data.Clear();
        if (data.Length == 1)
            data[0] = chip.ReadPic((ushort)at);
        return true;
    }
}

/// <summary>The I/O APIC's page.</summary>
sealed class IoApicReceiver(Irqchip chip) : DeviceReceiver(IoApic.Address, IoApic.Bytes)
{
    internal override bool TryTake(ulong at, ReadOnlySpan<byte> data)
    {
        chip.WriteIoApic((int)(at - IoApic.Address), data);
        return true;
    }

    internal override bool TryAnswer(ulong at, Span<byte> data)
    {
        chip.ReadIoApic((int)(at - IoApic.Address), data);
        return true;
    }
}

// What receivers call.
partial class Irqchip
{
    internal byte ReadPic(ushort port)
    {
        lock (_chipsLock)
            return Pic.ReadPort(port);
    }

    internal void WritePic(ushort port, byte value)
    {
        lock (_chipsLock)
            Pic.WritePort(port, value);
    }

    internal void ReadIoApic(int offset, Span<byte> data)
    {
        lock (_chipsLock)
            _ioApic.Read(offset, data);
    }

    internal void WriteIoApic(int offset, ReadOnlySpan<byte> data)
    {
        lock (_chipsLock)
            _ioApic.Write(offset, data);
    }
}
