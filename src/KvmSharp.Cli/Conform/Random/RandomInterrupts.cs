using System;
using System.Collections.Generic;
using System.Globalization;

namespace KvmSharp.Cli.Conform.Random;

/// <summary>
/// Random lines about interrupt controllers: what guests write to their registers, lines, messages and routes, and the state
/// that comes of it.
/// </summary>
/// <remarks>
/// Nothing here starts, stops or times anything: no INIT, no non-maskable interrupt, no count. Either the 8259s' interrupts
/// are taken, while the local APICs let none in; or the local APICs are on, and what is in service is set from outside, because
/// not every kernel notes it (see <c>docs/QUIRKS.md</c>).
/// </remarks>
sealed class RandomInterrupts(System.Random random)
{
    const uint Apic = 0xfee0_0000;
    const uint IoApicSelect = 0xfec0_0000;
    const uint IoApicWindow = 0xfec0_0010;

    static readonly string[] _states = ["chip pic0", "chip pic1", "chip ioapic", "lapic 0", "lapic 1"];

    static readonly int[] _readable =
    [
        0x20, 0x30, 0x80, 0x90, 0xa0, 0xd0, 0xe0, 0xf0, 0x100, 0x120, 0x170, 0x190, 0x1a0, 0x210, 0x220, 0x270, 0x280, 0x300, 0x310,
        0x320, 0x330, 0x340, 0x350, 0x360, 0x370, 0x380, 0x3e0,
    ];

    // Low halves of what sends: fixed, lowest priority, and one that goes nowhere; vectors follow.
    static readonly uint[] _modes = [0, 0, 0, 0x100, 0x100, 0x700];

    readonly bool _usesApics = random.Next(3) != 0;

    /// <summary>What a sequence begins with, behind the machine.</summary>
    internal static IEnumerable<string> Begin() => ["irqchip"];

    /// <summary>What follows its vCPUs.</summary>
    internal IEnumerable<string> Prepare() => _usesApics
        ? [Text($"write 0 {Apic + 0xf0} 0x1ff size=4"), Text($"write 1 {Apic + 0xf0} 0x1ff size=4"), "eventfd i"]
        : ["eventfd i"];

    /// <summary>What a sequence ends with.</summary>
    internal static IEnumerable<string> End() => [.. _states, "mp 0", "mp 1"];

    /// <summary>Another thing that is done, and mostly a look at what has come of it.</summary>
    internal IEnumerable<string> Next()
    {
        foreach (string line in Act())
            yield return line;
        if (random.Next(3) != 0)
            yield return Pick(_states);
    }

    IEnumerable<string> Act() => random.Next(20) switch
    {
        < 5 => [WriteApic()],
        5 => [Text($"read {Vcpu()} {Apic + (uint)Pick(_readable)} size={Pick(4, 4, 2, 1)}")],
        6 => [_usesApics ? Text($"lapic {Vcpu()} {Pick(0x100, 0x110, 0x120, 0x180, 0x1a0, 0x220, 0x270) + 0x10} {Bits()}") : "accept 0"],
        < 10 => WriteIoApic(),
        10 => [Text($"read 0 {Pick(IoApicSelect, IoApicWindow, IoApicWindow, IoApicSelect + 4)} size={Pick(1, 2, 4, 4)}")],
        < 14 => [WritePic()],
        14 => [Text($"in 0 {Pick(0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1)} size={Pick(1, 1, 1, 2)}")],
        < 17 => [Text($"irq {Pick(0, 1, 2, 3, 5, 8, 9, 11, 15, 16, 23, 24, 99)} {random.Next(2)}")],
        17 => [Text($"msi {Message()} {Low() | Pick(0u, 0x4000u, 0x8000u, 0xc000u)}")],
        18 => Signal(),
        _ => [_usesApics ? Route() : Text($"accept {Vcpu()}")],
    };

    string WriteApic()
    {
        (int register, uint value) = random.Next(16) switch
        {
            0 => (0x20, Destination() << 24),
            1 or 2 => (0x80, (uint)random.Next(256)),
            < 6 => (0xb0, 0u),
            6 => (0xd0, Pick(Destination() << 24, 1u << (24 + random.Next(8)))),
            7 => (0xe0, Pick(0xffff_ffffu, 0x0fff_ffffu, 0x1234_5678u)),
            8 => (0xf0, _usesApics && !Edge(4) ? 0x1ffu : 0xffu),
            9 or 10 => (0x300, Low() | Pick(0u, 0x4000u, 0x8000u, 0xc000u) | Pick(0u, 0x800u) | ((uint)random.Next(4) << 18) | 0x1000),
            11 or 12 => (0x310, Destination() << 24),
            13 => (Pick(0x330, 0x340, 0x360, 0x370), (uint)random.Next()),
            14 => (0x350, Pick(0x700u, 0x700u, 0x10700u, 0x31u, (uint)random.Next() & ~0x700u)),
            _ => (Pick(0x280, 0x3e0, 0x320), (uint)random.Next() & ~0x2_0000u),
        };
        // Only whole registers can be written.
        int size = Edge(25) ? Pick(1, 2) : 4;
        return Text($"write {Vcpu()} {Apic + (uint)register + (Edge(25) ? 4u : 0)} {value} size={size}");
    }

    IEnumerable<string> WriteIoApic()
    {
        int pin = Pick(0, 2, 5, 9, 11, 16, 23, 24);
        bool isHigh = random.Next(3) == 0;
        uint select = Edge(10) ? (uint)random.Next(256) : (uint)(0x10 + (2 * pin) + (isHigh ? 1 : 0));
        uint value = isHigh
            ? (Destination() << 24) | (uint)random.Next(1 << 24)
            : Low() | Pick(0u, 0u, 0x10000u) | Pick(0u, 0x8000u) | Pick(0u, 0x800u) | Pick(0u, 0x7000u);
        // Through a register that is neither an entry's nor meant for this, too.
        yield return Text($"write 0 {IoApicSelect} {select} size={Pick(4, 4, 1)}");
        yield return Text($"write {Vcpu()} {IoApicWindow} {value} size=4");
    }

    string WritePic()
    {
        int port = Pick(0x20, 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1);
        uint value = port is 0x20 or 0xa0
            ? Pick(0x20u, 0x20u, 0x60u | (uint)random.Next(8), 0x0au, 0x0bu, 0x0cu, 0x68u, 0x11u, 0x10u, (uint)random.Next(256))
            : Pick(0u, 0u, 0xffu, 1u, 3u, 0x11u, (uint)random.Next(256));
        return Text($"out {Vcpu()} {port} {value} size={(Edge(25) ? 2 : 1)}");
    }

    // The kernel raises the line on another thread; taking the event away waits for it.
    IEnumerable<string> Signal()
    {
        int gsi = Pick(2, 5, 9, 16, 99);
        return [$"irqfd {gsi} fd=i", "signal i", $"irqfd {gsi} fd=i flags=remove", "take i"];
    }

    string Route() => random.Next(5) switch
    {
        0 => "routing",
        1 => Text($"routing 5:ioapic:{random.Next(26)} 5:{Pick("pic0", "pic1", "ioapic")}:{random.Next(9)}"),
        2 => Text($"routing 5:ioapic:5 9:ioapic:9 9:pic1:1 2:ioapic:0 0:pic0:0 99:msi:{Message()}:{Low()}"),
        3 => Text($"routing {Pick(4095, 4096, 3)}:msi:{Message()}:{Low()} 5:msi:{Message()}:{Low() | 0x8000}"),
        _ => "routing 2:ioapic:2 2:pic0:2 5:ioapic:5 5:pic0:5 9:ioapic:9 9:pic1:1 16:ioapic:16 23:ioapic:23",
    };

    uint Message() => Apic | (Destination() << 12) | Pick(0u, 0u, 4u, 8u, 0xcu);

    uint Low() => Pick(_modes) | Pick(0u, 0xfu, 0x10u, 0x31u, 0x41u, 0x42u, 0x58u, 0xffu, (uint)random.Next(256));

    uint Destination() => Pick(0u, 0u, 1u, 1u, 2u, 3u, 0x11u, 0x12u, 0xffu, (uint)random.Next(256));

    uint Bits() => Pick(0u, 1u, 0x8000_0000u, 0x10u, (uint)random.Next());

    int Vcpu() => random.Next(3) == 0 ? 1 : 0;

    bool Edge(int oneIn) => random.Next(oneIn) == 0;

    T Pick<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
