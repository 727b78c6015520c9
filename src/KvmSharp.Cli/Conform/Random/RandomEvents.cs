using System;
using System.Collections.Generic;
using System.Globalization;

namespace KvmSharp.Cli.Conform.Random;

/// <summary>
/// Random lines about events and collected writes: triggers and zones that meet, touch and lie in each other, and writes to
/// where they are.
/// </summary>
/// <param name="random">What chooses.</param>
/// <param name="avoidsSlots">Whether to write only where there never is a slot.</param>
sealed class RandomEvents(System.Random random, bool avoidsSlots)
{
    // Around a page's end.
    static readonly ulong[] _devices = [0x50_0000, 0x50_0000, 0x50_1000];
    static readonly ulong[] _devicesAndSlots = [.. _devices, 0x10_0000, 0x20_0000];
    static readonly ulong[] _ports = [0x40, 0x40, 0x80];

    // What is written, so that what is waited for is written too.
    static readonly ulong[] _values = [0, 1, 1, 0x11, 0x101, 0x1122_3344];

    // The trigger last spoken of, and the writes that it may mean; nothing while there is no such write.
    string? _trigger;
    string? _target;
    int _size;
    bool _isPort;

    /// <summary>What a sequence begins with.</summary>
    internal static IEnumerable<string> Begin() => ["eventfd e0", "eventfd e1"];

    /// <summary>What a sequence ends with, so that all there is to see is seen.</summary>
    internal static IEnumerable<string> End() =>
        ["take e0", "take e1", "coalesced", "coalesced take", "coalesced take", "coalesced take", "coalesced"];

    /// <summary>Another line.</summary>
    /// <param name="vcpu">Who writes.</param>
    internal string Next(int vcpu) => random.Next(20) switch
    {
        < 4 => Trigger(),
        < 6 => Zone(),
        < 11 when _target is { } target => Text($"{(_isPort ? "out" : "write")} {vcpu} {target} {Pick(_values)} size={_size}"),
        < 14 => Text($"write {vcpu} {Address()} {Pick(_values)} size={Pick(1, 1, 2, 4, 4)}"),
        < 17 => Text($"out {vcpu} {Port()} {Pick(_values)} size={Pick(1, 1, 2, 4)}"),
        17 => Pick("take e0", "take e1", "coalesced"),
        18 => "coalesced take",
        _ => Text($"irqfd {Pick(0, 5, 99)} fd={Descriptor()} flags={Pick(0, 1, 2, 3, 4)}"),
    };

    string Trigger()
    {
        // Many are about one that is there, mostly: the same again, another value, another event, or its end.
        if (_trigger is null || random.Next(2) == 0)
        {
            _isPort = random.Next(3) == 0;
            string? address = Edge(30) ? null : _isPort ? Port() : Address();
            int length = Pick(0, 1, 1, 2, 4, 4, 8, 3);
            _trigger = $"ioevent {address ?? Pick("-1", "-4", "-8", "-9")} len={length}";
            _size = length is 1 or 2 or 4 ? length : Pick(1, 2, 4);
            _target = address;
        }
        int flags = (_isPort ? 2 : 0) + Pick(0, 1) + Pick(0, 0, 4) + (Edge(40) ? Pick(16, 32, 1 << 31) : 0);
        return Text($"{_trigger} fd={Descriptor()} flags={(uint)flags} data={Pick(_values)}");
    }

    string Zone()
    {
        bool isPort = random.Next(3) == 0;
        string address = Edge(30) ? Pick("0", "-8", "-4096") : isPort ? Port() : Address();
        // KVM takes sizes for signed numbers in places.
        string size = Edge(15) ? Pick("0x7fffffff", "0x80000000", "0xffffffff") : Pick("0", "1", "2", "4", "8", "16", "256", "4K", "8K", "4M");
        string pio = isPort ? " pio=1" : Edge(30) ? " pio=2" : "";
        return Text($"coalesce {address} size={size}{pio}{(random.Next(3) == 0 ? " flags=remove" : "")}");
    }

    string Address() => Text($"{Pick(avoidsSlots ? _devices : _devicesAndSlots) + (ulong)Pick(0, 0, 0, 1, 2, 4, 8, -1, -2, -4, 256, 4092)}");

    string Port() => Text($"{Pick(_ports) + (ulong)Pick(0, 0, 0, 1, 2, 4)}");

    string Descriptor() => Edge(20) ? Pick("none", "kvm") : Pick("e0", "e1");

    bool Edge(int oneIn) => random.Next(oneIn) == 0;

    T Pick<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
