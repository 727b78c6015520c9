using System;
using System.Numerics;
using System.Threading;

namespace KvmSharp.InterruptControllers;

/// <summary>The two 8259s of a PC, the second behind pin 2 of the first.</summary>
/// <remarks>All but <see cref="HasOutput"/> is called under <c>Irqchip._chipsLock</c>.</remarks>
sealed class PicPair
{
    internal const int Pins = 16;
    internal const ushort MasterPort = 0x20;
    internal const ushort SlavePort = 0xA0;
    internal const ushort LevelPort = 0x4D0;

    const int CascadePin = 2;
    const int SpuriousPin = 7;

    readonly Irqchip _chip;

    // Who holds each pin high: a bit for each source.
    readonly byte[] _holders = new byte[Pins];

    Pic _master = new() { IsMaster = true, TriggerMask = 0xF8 };
    Pic _slave = new() { TriggerMask = 0xDE };

    // Written under the lock, read by vCPUs with Volatile.Read.
    bool _output;

    internal PicPair(Irqchip chip) => _chip = chip;

    /// <summary>Whether an interrupt waits for a vCPU to take it. Any thread.</summary>
    internal bool HasOutput => Volatile.Read(ref _output);

    /// <summary>Sets a source's part in a pin's level.</summary>
    /// <returns>As <see cref="Pic.SetPin"/>.</returns>
    internal int SetPin(int pin, byte source, bool level)
    {
        bool high = Irqchip.Hold(ref _holders[pin], source, level);
        int result = ChipOf(pin).SetPin(pin % 8, high);
        Update();
        return result;
    }

    /// <summary>A vCPU takes the interrupt that is due.</summary>
    /// <returns>Its vector; that of a spurious one when it is gone by now.</returns>
    internal byte Acknowledge()
    {
        Volatile.Write(ref _output, false);
        int pin = _master.DuePin;
        byte vector = (byte)(_master.VectorBase + (pin < 0 ? SpuriousPin : pin));
        if (pin >= 0)
        {
            Ended(_master.Acknowledge(pin), isMaster: true);
            if (pin == CascadePin)
            {
                int second = _slave.DuePin;
                if (second >= 0)
                    Ended(_slave.Acknowledge(second), isMaster: false);
                vector = (byte)(_slave.VectorBase + (second < 0 ? SpuriousPin : second));
            }
        }
        Update();
        return vector;
    }

    /// <summary>Reads a port of either chip.</summary>
    internal byte ReadPort(ushort port)
    {
        bool isMaster = port < SlavePort;
        if (port >= LevelPort)
            return port == LevelPort ? _master.Level : _slave.Level;
        ref Pic chip = ref isMaster ? ref _master : ref _slave;
        byte value = chip.Read((port & 1) != 0, out bool isPoll);
        return isPoll ? Poll(ref chip, isMaster) : value;
    }

    /// <summary>Writes a port of either chip.</summary>
    internal void WritePort(ushort port, byte value)
    {
        if (port >= LevelPort)
        {
            (port == LevelPort ? ref _master : ref _slave).WriteLevel(value);
            return;
        }
        bool isMaster = port < SlavePort;
        ref Pic chip = ref isMaster ? ref _master : ref _slave;
        bool isInitialization = (port & 1) == 0 && (value & 0x10) != 0;
        bool changes = chip.Write((port & 1) != 0, value, out byte ended);
        // Edges that an initialization forgets count as taken, if there is anybody to take them.
        if (isInitialization && !_chip.AnyPassesExternal())
            ended = 0;
        for (; ended != 0; ended &= (byte)(ended - 1))
            Ended(chip.End(BitOperations.TrailingZeroCount(ended)), isMaster);
        if (changes)
            Update();
    }

    internal void Save(bool isMaster, Span<byte> image) => (isMaster ? ref _master : ref _slave).Save(image);

    internal void Load(bool isMaster, ReadOnlySpan<byte> image)
    {
        (isMaster ? ref _master : ref _slave).Load(image);
        Update();
    }

    byte Poll(ref Pic chip, bool isMaster)
    {
        const byte Found = 0x80;
        const byte NotFound = 7;
        int pin = chip.DuePin;
        if (pin < 0)
        {
            Update();
            return NotFound;
        }
        if (!isMaster)
            _master.ForgetCascade();
        Ended(chip.TakePolled(pin), isMaster);
        if (!isMaster || pin != CascadePin)
            Update();
        return (byte)(Found | pin);
    }

    // Whoever waits for the end of an interrupt may lower its line now, before what is due next is looked for.
    void Ended(int pin, bool isMaster)
    {
        if (pin >= 0)
            _chip.Acknowledged(isMaster ? IrqchipId.PicMaster : IrqchipId.PicSlave, pin);
    }

    void Update()
    {
        if (_slave.DuePin >= 0)
        {
            _master.SetPin(CascadePin, true);
            _master.SetPin(CascadePin, false);
        }
        bool due = _master.DuePin >= 0;
        bool rises = due && !_output;
        // Pairs with HasOutput: the output comes before the request that makes a vCPU look.
        Volatile.Write(ref _output, due);
        if (rises)
            _chip.WakeForExternal();
    }

    ref Pic ChipOf(int pin) => ref pin < 8 ? ref _master : ref _slave;
}
