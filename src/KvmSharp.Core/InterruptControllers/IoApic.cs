using System;
using System.Buffers.Binary;

namespace KvmSharp.InterruptControllers;

/// <summary>The I/O APIC: 24 pins, each with an entry that says whom its interrupts go to.</summary>
/// <remarks>All of it is called under <c>Irqchip._chipsLock</c>.</remarks>
sealed class IoApic
{
    internal const int Pins = 24;
    internal const ulong Address = 0xFEC0_0000;
    internal const int Bytes = 0x100;

    /// <summary>Bytes of KVM's image: base, selector, id, lines, padding, entries.</summary>
    internal const int StateBytes = 24 + (Pins * sizeof(ulong));

    const int SelectOffset = 0;
    const int WindowOffset = 0x10;
    const uint IdRegister = 0;
    const uint VersionRegister = 1;
    const uint ArbitrationRegister = 2;
    const uint FirstEntry = 0x10;

    const ulong DeliveryStatus = 1UL << 12;
    const ulong RemoteIrr = 1UL << 14;
    const ulong LevelTriggered = 1UL << 15;
    const ulong Masked = 1UL << 16;
    const ulong ReadOnly = DeliveryStatus | RemoteIrr;

    readonly Irqchip _chip;
    readonly byte[] _holders = new byte[Pins];
    readonly ulong[] _entries = new ulong[Pins];
    ulong _address = Address;
    uint _selected;
    uint _id;
    uint _lines;

    // Edges that have been sent: the line may still be high, but has nothing more to say.
    uint _delivered;

    internal IoApic(Irqchip chip)
    {
        _chip = chip;
        Array.Fill(_entries, Masked);
    }

    /// <summary>Sets a source's part in a pin's level.</summary>
    /// <returns>−1 when it is masked or nobody is there, 0 when the interrupt waits already, else how many took it.</returns>
    internal int SetPin(int pin, byte source, bool level)
    {
        uint bit = 1u << pin;
        if (!Irqchip.Hold(ref _holders[pin], source, level))
        {
            _lines &= ~bit;
            return 1;
        }
        bool wasHigh = (_lines & bit) != 0;
        _lines |= bit;
        bool isEdge = (_entries[pin] & LevelTriggered) == 0;
        if (isEdge)
            _delivered &= ~bit;
        return isEdge && wasHigh ? 0 : Serve(pin);
    }

    /// <summary>A local APIC's interrupt of this vector has ended.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="isLevel">Whether it was taken as level-triggered.</param>
    internal void End(byte vector, bool isLevel)
    {
        for (int pin = 0; pin < Pins; pin++)
        {
            if ((byte)_entries[pin] != vector)
                continue;
            _chip.Acknowledged(IrqchipId.IoApic, pin);
            if (!isLevel)
                continue;
            _entries[pin] &= ~RemoteIrr;
            if ((_entries[pin] & Masked) == 0 && (_lines & (1u << pin)) != 0)
                Serve(pin);
        }
    }

    /// <summary>Reads its page.</summary>
    /// <param name="offset">0 … 0xFF.</param>
    /// <param name="data">1, 2, 4 or 8 bytes.</param>
    internal void Read(int offset, Span<byte> data)
    {
        uint value = offset switch { SelectOffset => _selected, WindowOffset => ReadSelected(), _ => 0 };
        Span<byte> whole = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
        whole[..data.Length].CopyTo(data);
    }

    /// <summary>Writes its page; of eight bytes, four count.</summary>
    internal void Write(int offset, ReadOnlySpan<byte> data)
    {
        uint value = data.Length switch
        {
            1 => data[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(data),
            4 or 8 => BinaryPrimitives.ReadUInt32LittleEndian(data),
            _ => 0,
        };
        if (data.Length is not (1 or 2 or 4 or 8))
            return;
        if (offset == SelectOffset)
            _selected = (byte)value;
        else if (offset == WindowOffset)
            WriteSelected(value);
    }

    internal void Save(Span<byte> image)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(image, _address);
        BinaryPrimitives.WriteUInt32LittleEndian(image[8..], _selected);
        BinaryPrimitives.WriteUInt32LittleEndian(image[12..], _id);
        BinaryPrimitives.WriteUInt32LittleEndian(image[16..], _lines & ~_delivered);
        BinaryPrimitives.WriteUInt32LittleEndian(image[20..], 0);
        for (int pin = 0; pin < Pins; pin++)
            BinaryPrimitives.WriteUInt64LittleEndian(image[(24 + (pin * sizeof(ulong)))..], _entries[pin]);
    }

    /// <summary>Takes KVM's image. Lines that are high raise their interrupts again.</summary>
    internal void Load(ReadOnlySpan<byte> image)
    {
        _address = BinaryPrimitives.ReadUInt64LittleEndian(image);
        _selected = BinaryPrimitives.ReadUInt32LittleEndian(image[8..]);
        _id = BinaryPrimitives.ReadUInt32LittleEndian(image[12..]);
        uint lines = BinaryPrimitives.ReadUInt32LittleEndian(image[16..]);
        for (int pin = 0; pin < Pins; pin++)
            _entries[pin] = BinaryPrimitives.ReadUInt64LittleEndian(image[(24 + (pin * sizeof(ulong)))..]);
        _lines = 0;
        _delivered = 0;
        for (int pin = 0; pin < Pins; pin++)
        {
            if ((lines & (1u << pin)) == 0)
                continue;
            _lines |= 1u << pin;
            Serve(pin);
        }
    }

    uint ReadSelected()
    {
        switch (_selected)
        {
            case VersionRegister:
                return ((Pins - 1) << 16) | 0x11;
            case IdRegister or ArbitrationRegister:
                return _id << 24;
            default:
                uint pin = (_selected - FirstEntry) >> 1;
                ulong entry = pin < Pins ? _entries[pin] : ulong.MaxValue;
                return (uint)((_selected & 1) != 0 ? entry >> 32 : entry);
        }
    }

    void WriteSelected(uint value)
    {
        if (_selected == IdRegister)
        {
            _id = (value >> 24) & 0xF;
            return;
        }
        uint at = (_selected - FirstEntry) >> 1;
        if (_selected < FirstEntry || at >= Pins)
            return;
        int pin = (int)at;
        ulong old = _entries[pin];
        ulong entry = (_selected & 1) != 0
            ? (uint)old | ((ulong)value << 32)
            : (old & ~(ulong)uint.MaxValue) | value;
        entry = (entry & ~ReadOnly) | (old & ReadOnly);
        // Systems clear it by making the entry edge-triggered for a moment.
        if ((entry & LevelTriggered) == 0)
            entry &= ~RemoteIrr;
        _entries[pin] = entry;
        if ((entry & (LevelTriggered | Masked | RemoteIrr)) == LevelTriggered && (_lines & (1u << pin)) != 0)
            Serve(pin);
    }

    int Serve(int pin)
    {
        ulong entry = _entries[pin];
        bool isLevel = (entry & LevelTriggered) != 0;
        if ((entry & Masked) != 0 || (isLevel && (entry & RemoteIrr) != 0))
            return -1;
        if (!isLevel)
            _delivered |= 1u << pin;
        int taken = _chip.Apics.Deliver(ApicMessage.OfEntry(entry), null);
        if (taken != 0 && isLevel)
            _entries[pin] |= RemoteIrr;
        return taken;
    }
}
