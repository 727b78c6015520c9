using System;
using System.IO;
using System.Text;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace OwnCpu;

/// <summary>A serial port that is always ready: a byte written to register 0 is sent, line by line.</summary>
/// <remarks>A device is called on the thread of whichever vCPU reaches for it, so it has a lock.</remarks>
sealed class Uart(TextWriter output) : IMmioDevice
{
    const int Transmit = 0;
    const int LineStatus = 5;
    const byte TransmitterEmpty = 0x60;

    readonly Lock _lock = new();
    readonly StringBuilder _line = new();

    /// <summary>Bytes of address space it takes.</summary>
    public const ulong Size = 8;

    /// <inheritdoc/>
    public void Read(Gpa address, Span<byte> data)
    {
        data.Clear();
        if (address - GuestMap.Uart == LineStatus)
            data[0] = TransmitterEmpty;
    }

    /// <inheritdoc/>
    public void Write(Gpa address, ReadOnlySpan<byte> data)
    {
        if (address - GuestMap.Uart != Transmit)
            return;
        lock (_lock)
        {
            if (data[0] != '\n')
            {
                _line.Append((char)data[0]);
                return;
            }
            output.WriteLine($"[uart] {_line}");
            _line.Clear();
        }
    }
}
