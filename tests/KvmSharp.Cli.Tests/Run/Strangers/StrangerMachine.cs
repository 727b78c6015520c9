using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Cli.Run.Devices;
using KvmSharp.HostMemory;
using KvmSharp.Vcpus;
using KvmSharp.X86;

namespace KvmSharp.Cli.Tests.Run.Strangers;

/// <summary>
/// A machine for code that was written for PCs: memory, a serial port, the debug port of QEMU's firmware, and a note of
/// everything else that the code looks for and does not find.
/// </summary>
sealed class StrangerMachine : IDisposable
{
    internal const ulong MemoryBytes = 64UL << 20;

    static readonly TimeSpan _betweenLooks = TimeSpan.FromMilliseconds(200);

    readonly AnonymousMemory _memory = AnonymousMemory.Create(MemoryBytes);
    readonly StringWriter _serialText = new();
    readonly DebugPort _debugPort = new();
    readonly Dictionary<string, long> _missing = [];
    readonly PortBus _ports;

    /// <param name="keys">Scan codes that a keyboard will have ready, one after the other; none for no keyboard.</param>
    internal StrangerMachine(params byte[] keys)
    {
        var waiting = new Queue<byte>(keys);
        IPortDevice[] keyboard = keys.Length == 0 ? [] : [new KeyboardData(waiting), new KeyboardStatus(waiting)];
        _ports = new PortBus([new SerialPort(_serialText, input: null), _debugPort, .. keyboard, new MissingPorts(Note)]);
        Machine = SoftwareBackend.Instance.CreateMachine();
        Machine.Slots.Add(new Gpa(0), _memory);
        Vcpu = Machine.CreateVcpu(new VcpuId(0));
    }

    internal SoftwareMachine Machine { get; }

    internal SoftwareVcpu Vcpu { get; }

    /// <summary>What was sent to the serial port.</summary>
    internal string SerialText => _serialText.ToString();

    /// <summary>What was sent to the debug port.</summary>
    internal string DebugText => _debugPort.Text;

    /// <summary>The exit that nothing could be done about, if there was one.</summary>
    internal VcpuExitReason? End { get; private set; }

    /// <summary>The text screen, line by line.</summary>
    internal string[] Screen()
    {
        const ulong Text = 0xB8000;
        const int Columns = 80;
        const int Lines = 25;
        byte[] cells = new byte[Columns * Lines * 2];
        Machine.Memory.TryRead(new Gpa(Text), cells, out _);
        return
        [
            .. cells.Chunk(2 * Columns).Select(line => string.Concat(line.Where((_, index) => index % 2 == 0)
                .Select(value => value is >= 0x20 and < 0x7F ? (char)value : ' ')).TrimEnd()),
        ];
    }

    /// <summary>Runs until something is so, which is looked at now and then; or as <see cref="Run"/>.</summary>
    /// <returns>Whether it is so.</returns>
    internal bool RunUntil(Func<StrangerMachine, bool> isSo, TimeSpan patience)
    {
        long start = Stopwatch.GetTimestamp();
        while (End is null && !isSo(this) && Stopwatch.GetElapsedTime(start) < patience)
            Run(_betweenLooks);
        return isSo(this);
    }

    /// <summary>Runs until the time is over, or there is nothing to go on with.</summary>
    internal void Run(TimeSpan time)
    {
        using var over = new CancellationTokenSource(time);
        using CancellationTokenRegistration kick = over.Token.Register(Vcpu.Kick);
        while (!over.IsCancellationRequested)
        {
            VcpuExit exit = Vcpu.Run();
            switch (exit.Reason)
            {
                case VcpuExitReason.Io:
                    _ports.Serve(exit);
                    break;
                case VcpuExitReason.Mmio:
                    Note($"{(exit.Mmio.IsWrite ? "write to" : "read of")} 0x{exit.Mmio.Address.Value & ~Page.OffsetMask:x}");
                    if (!exit.Mmio.IsWrite)
                        exit.Data.Fill(byte.MaxValue);
                    break;
                case VcpuExitReason.Intr:
                    break;
                default:
                    End = exit.Reason;
                    return;
            }
        }
    }

    /// <summary>How far it got, for people.</summary>
    internal string Report()
    {
        CpuStatistics statistics = Vcpu.Statistics;
        Vcpu.GetRegs(out KvmRegs regs);
        Vcpu.GetSregs(out KvmSregs sregs);
        var report = new StringBuilder();
        report.AppendLine(CultureInfo.InvariantCulture, $"end: {End?.ToString() ?? "the time"}, at {sregs.Cs.Selector:x}:{regs.Rip:x}, cr0 {sregs.Cr0:x}, efer {sregs.Efer:x}");
        report.AppendLine(CultureInfo.InvariantCulture, $"{statistics.Instructions} instructions, {statistics.Exceptions} exceptions, {statistics.UnknownInstructions} unknown instructions, the last {statistics.LastUnknownInstruction ?? "none"}");
        foreach ((string what, long count) in _missing.OrderByDescending(entry => entry.Value).Take(24))
            report.AppendLine(CultureInfo.InvariantCulture, $"{count,12}  {what}");
        return report.ToString();
    }

    public void Dispose()
    {
        Machine.Dispose();
        _memory.Dispose();
        _serialText.Dispose();
    }

    void Note(string what) => _missing[what] = _missing.GetValueOrDefault(what) + 1;

    /// <summary>Where firmware says what it does, if reading finds this value.</summary>
    sealed class DebugPort : IPortDevice
    {
        const byte IsThere = 0xE9;

        readonly StringBuilder _text = new();

        internal string Text => _text.ToString();

        public ushort FirstPort => 0x402;

        public int PortCount => 1;

        public void Write(int offset, ReadOnlySpan<byte> data) => _text.Append(Encoding.Latin1.GetString(data));

        public void Read(int offset, Span<byte> data) => data.Fill(IsThere);
    }

    /// <summary>Where a keyboard's scan codes are read.</summary>
    sealed class KeyboardData(Queue<byte> keys) : IPortDevice
    {
        public ushort FirstPort => 0x60;

        public int PortCount => 1;

        public void Write(int offset, ReadOnlySpan<byte> data)
        {
        }

        public void Read(int offset, Span<byte> data) => data.Fill(keys.TryDequeue(out byte key) ? key : (byte)0);
    }

    /// <summary>Where it is asked whether there are any.</summary>
    sealed class KeyboardStatus(Queue<byte> keys) : IPortDevice
    {
        const byte OutputFull = 0x01;

        public ushort FirstPort => 0x64;

        public int PortCount => 1;

        public void Write(int offset, ReadOnlySpan<byte> data)
        {
        }

        public void Read(int offset, Span<byte> data) => data.Fill(keys.Count != 0 ? OutputFull : (byte)0);
    }

    /// <summary>Every other port: nothing is there, but what is looked for is noted.</summary>
    sealed class MissingPorts(Action<string> note) : IPortDevice
    {
        public ushort FirstPort => 0;

        public int PortCount => ushort.MaxValue + 1;

        public void Write(int offset, ReadOnlySpan<byte> data) => note($"out to port 0x{offset:x}");

        public void Read(int offset, Span<byte> data) => note($"in from port 0x{offset:x}");
    }
}
