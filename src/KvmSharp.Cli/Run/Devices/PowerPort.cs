using System;
using System.Buffers.Binary;

namespace KvmSharp.Cli.Run.Devices;

/// <summary>
/// Turns the machine off as ACPI's PM1 control register does: when sleep enable is written with the sleep type 0. Where
/// QEMU's q35 has it.
/// </summary>
sealed class PowerPort(Action<int> exit) : IPortDevice
{
    const ushort SleepEnable = 1 << 13;
    const ushort SleepType = 7 << 10;

    public ushort FirstPort => 0x604;

    public int PortCount => 2;

    public void Write(int offset, ReadOnlySpan<byte> data)
    {
        if (offset == 0 && data.Length >= sizeof(ushort)
            && (BinaryPrimitives.ReadUInt16LittleEndian(data) & (SleepEnable | SleepType)) == SleepEnable)
        {
            exit(0);
        }
    }

    public void Read(int offset, Span<byte> data) => data.Clear();
}
