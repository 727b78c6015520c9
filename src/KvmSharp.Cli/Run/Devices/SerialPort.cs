using System;
using System.Collections.Concurrent;
using System.IO;
using System.Text;
using System.Threading;

namespace KvmSharp.Cli.Run.Devices;

/// <summary>
/// A 16550 at COM1, polled: what the guest sends appears at once, what is typed is kept until the guest reads it. It
/// raises no interrupts, having no controller to raise them at.
/// </summary>
/// <param name="output">Where it sends to.</param>
/// <param name="input">Where it receives from, read only when the guest asks for the line's status; none for nothing.</param>
sealed class SerialPort(TextWriter output, Stream? input) : IPortDevice
{
    // Registers, by offset. The first two are the divisor while its latch is open.
    const int Data = 0;
    const int InterruptEnable = 1;
    const int InterruptIdentification = 2;
    const int LineControl = 3;
    const int ModemControl = 4;
    const int LineStatus = 5;
    const int ModemStatus = 6;
    const int Scratch = 7;

    const byte DivisorLatch = 0x80;
    const byte Loopback = 0x10;
    const byte DataReady = 0x01;
    const byte TransmitterEmpty = 0x60;
    const byte NoInterruptPending = 0x01;
    const byte FifosEnabled = 0xc0;
    const byte FifoEnable = 0x01;

    // Carrier, data set ready, clear to send.
    const byte Connected = 0xb0;

    readonly Lock _registersLock = new();
    readonly ConcurrentQueue<byte> _received = new();
    readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    // Guarded by _registersLock:
    readonly byte[] _divisor = [1, 0];
    byte _interruptEnable;
    byte _fifoControl;
    byte _lineControl;
    byte _modemControl;
    byte _scratch;
    bool _listening;

    public ushort FirstPort => 0x3f8;

    public int PortCount => 8;

    public void Write(int offset, ReadOnlySpan<byte> data)
    {
        // The registers are bytes: a wider access goes to those that follow.
        lock (_registersLock)
        {
            for (int index = 0; index < data.Length && offset + index < PortCount; index++)
                WriteLocked(offset + index, data[index]);
        }
    }

    public void Read(int offset, Span<byte> data)
    {
        lock (_registersLock)
        {
            for (int index = 0; index < data.Length && offset + index < PortCount; index++)
                data[index] = ReadLocked(offset + index);
        }
    }

    bool IsDivisorOpen => (_lineControl & DivisorLatch) != 0;

    void WriteLocked(int register, byte value)
    {
        switch (register)
        {
            case Data or InterruptEnable when IsDivisorOpen:
                _divisor[register] = value;
                break;
            case Data when (_modemControl & Loopback) != 0:
                _received.Enqueue(value);
                break;
            case Data:
                Send(value);
                break;
            case InterruptEnable:
                _interruptEnable = (byte)(value & 0x0f);
                break;
            case InterruptIdentification:
                _fifoControl = value;
                break;
            case LineControl:
                _lineControl = value;
                break;
            case ModemControl:
                _modemControl = (byte)(value & 0x1f);
                break;
            case Scratch:
                _scratch = value;
                break;
        }
    }

    byte ReadLocked(int register) => register switch
    {
        Data or InterruptEnable when IsDivisorOpen => _divisor[register],
        Data => _received.TryDequeue(out byte value) ? value : (byte)0,
        InterruptEnable => _interruptEnable,
        InterruptIdentification => (byte)(NoInterruptPending | ((_fifoControl & FifoEnable) != 0 ? FifosEnabled : 0)),
        LineControl => _lineControl,
        ModemControl => _modemControl,
        LineStatus => StatusLocked(),
        ModemStatus => ModemStatusLocked(),
        _ => _scratch,
    };

    byte StatusLocked()
    {
        Listen();
        return (byte)(TransmitterEmpty | (_received.IsEmpty ? 0 : DataReady));
    }

    // In loopback the four outputs are the four inputs.
    byte ModemStatusLocked() => (_modemControl & Loopback) == 0
        ? Connected
        : (byte)(((_modemControl & 0x0c) << 4) | ((_modemControl & 0x02) << 3) | ((_modemControl & 0x01) << 5));

    void Send(byte value)
    {
        Span<char> characters = stackalloc char[2];
        int count = _decoder.GetChars([value], characters, flush: false);
        output.Write(characters[..count]);
        output.Flush();
    }

    // A thread that waits for input holds nobody up, and ends with the process.
    void Listen()
    {
        if (_listening || input is null)
            return;
        _listening = true;
        new Thread(Receive) { IsBackground = true, Name = "serial input" }.Start();
    }

    void Receive()
    {
        Span<byte> buffer = stackalloc byte[256];
        try
        {
            while (input!.Read(buffer) is var count and > 0)
            {
                foreach (byte value in buffer[..count])
                    _received.Enqueue(value);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or NotSupportedException)
        {
            // Nothing more will be typed; the guest goes on without.
        }
    }
}
