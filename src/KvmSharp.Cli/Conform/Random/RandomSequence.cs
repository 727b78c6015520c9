using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace KvmSharp.Cli.Conform.Random;

/// <summary>Lines of a conform file, chosen by a seeded generator that prefers edges.</summary>
/// <remarks>
/// Every sequence begins with a machine, and ends by looking at all there is to see. Slots that could be accessed have host
/// memory; host addresses that have none are only offered where they must be refused.
/// </remarks>
sealed class RandomSequence
{
    const ulong PageSize = 4096;

    // Host memory that sequences use, so that all of it can be looked at in the end.
    const ulong HostPages = 256;
    const int StubSlot = 32000;
    const ulong StubPage = 0xf0;

    static readonly int[] _ids = [0, 1, 2, 3, 4, 5, 6, 7, 8, 32762, 32763, 32764, 32766, 65535];
    static readonly ulong[] _sizes = [0, 1, 1, 2, 3, 16, 63, 64, 65, 100, 128, 129, 256];

    readonly System.Random _random;
    readonly IReadOnlyList<OperationFamily> _families;
    readonly List<string> _lines = [];
    readonly HashSet<ulong> _sinceReset = [];
    readonly bool _usesRings;
    readonly RandomEvents _events;
    readonly RandomGuestFiles _guestFiles;
    readonly RandomInterrupts _interrupts;
    int _vcpus;

    RandomSequence(int seed, IReadOnlyList<OperationFamily> families)
    {
        _random = new System.Random(seed);
        // Rings exclude bitmaps, so a machine has one or the other.
        bool rings = families.Contains(OperationFamily.Ring);
        bool others = families.Any(family => family is not OperationFamily.Ring);
        _usesRings = rings && (!others || _random.Next(4) == 0);
        // Into a ring an emulator puts a page each time, so pages are written with care: see Access().
        _events = new RandomEvents(_random, avoidsSlots: _usesRings);
        _guestFiles = new RandomGuestFiles(_random, _ids, Place);
        _interrupts = new RandomInterrupts(_random);
        // Some machines have interrupt controllers; no events then, which the kernel brings to lines in its own time.
        bool interrupts = families.Contains(OperationFamily.Irq) && !_usesRings
            && (families.Count == 1 || _random.Next(3) == 0);
        _families = [.. families.Where(family => family switch
        {
            OperationFamily.Ring => false,
            OperationFamily.Log => !_usesRings,
            OperationFamily.Irq => interrupts,
            // Nor vCPUs that the kernel does not find until somebody has changed an id.
            OperationFamily.Ioevent or OperationFamily.Vcpu => !interrupts,
            _ => true,
        })];
    }

    /// <summary>Makes a sequence.</summary>
    /// <param name="seed">Equal seeds make equal sequences.</param>
    /// <param name="operations">How many lines, without those that begin and end it.</param>
    /// <param name="families">What the lines are chosen from.</param>
    internal static IReadOnlyList<string> Make(int seed, int operations, IReadOnlyList<OperationFamily> families)
    {
        var sequence = new RandomSequence(seed, families);
        sequence.Begin();
        for (int index = 0; index < operations; index++)
            sequence.Step();
        sequence.End();
        return sequence._lines;
    }

    void Begin()
    {
        _lines.Add("vm");
        if (_usesRings)
            _lines.Add($"cap dirty-log-ring arg={Pick("4K", "4K", "8K", "64K")}");
        if (Has(OperationFamily.Irq))
            _lines.AddRange(RandomInterrupts.Begin());
        _lines.Add(Text($"stub {StubSlot} gpa={StubPage * PageSize:#}"));
        _lines.Add("vcpu 0");
        _vcpus = 1;
        if (Has(OperationFamily.Irq))
        {
            _lines.Add("vcpu 1");
            _vcpus = 2;
            _lines.AddRange(_interrupts.Prepare());
        }
        if (Has(OperationFamily.Ioevent))
            _lines.AddRange(RandomEvents.Begin());
        if (Has(OperationFamily.Memfd))
            _lines.AddRange(RandomGuestFiles.Begin());
        for (int count = _random.Next(4); count >= 0; count--)
            Slot();
    }

    void End()
    {
        foreach (int id in _ids.Where(id => id < 9))
            _lines.Add($"log {id}");
        if (_usesRings)
        {
            Harvest();
            _lines.Add("reset");
        }
        if (Has(OperationFamily.Ioevent))
            _lines.AddRange(RandomEvents.End());
        if (Has(OperationFamily.Irq))
            _lines.AddRange(RandomInterrupts.End());
        _lines.Add(Text($"sum h {HostPages * PageSize}"));
    }

    void Step()
    {
        int kind = _random.Next(100);
        if (_usesRings && kind < 6)
            Ring();
        else if (Has(OperationFamily.Vcpu) && kind < 10)
            Vcpu();
        else if (Has(OperationFamily.Irq) && (kind < 55 || _families.Count == 1))
            _lines.AddRange(_interrupts.Next());
        else if (Has(OperationFamily.Ioevent) && kind < 30)
            _lines.Add(_events.Next(_random.Next(Math.Min(_vcpus, 2))));
        else if (Has(OperationFamily.Log) && kind < 50)
            Log();
        else if (Has(OperationFamily.Memfd) && kind < 60)
            _lines.Add(_guestFiles.Next());
        else if (Has(OperationFamily.Slot) && kind < 75)
            Slot();
        else
            Access();
    }

    bool Has(OperationFamily family) => _families.Contains(family);

    void Slot()
    {
        int id = Pick(_ids);
        if (_random.Next(6) == 0)
        {
            _lines.Add($"delete {id}");
            return;
        }
        ulong pages = Pick(_sizes);
        string size = Edge(20) ? Pick("1", "4095", "1<<43", "(1<<43)-4K", "-4096") : Text($"{pages * PageSize}");
        bool outsideArena = size is not [>= '0' and <= '9', ..] || size.Contains('<', StringComparison.Ordinal);
        // What is as large as that has no memory behind it, and must not be made: an address that is never aligned.
        string hva = outsideArena ? "h+1" : Edge(25) ? Pick("h+1", "h+512", "0xffff800000000000", "0x7fffffffff000", "-4096")
            : Text($"h+{(ulong)_random.Next((int)(HostPages - Math.Min(pages, HostPages)) + 1) * PageSize}");
        string gpa = Edge(15) ? Pick("1", "512", "(1<<52)-4K", "1<<52", "(1<<52)-8K", "-4096", "(1<<40)") : Place(pages);
        int flags = _random.Next(100) switch { < 45 => 0, < 85 => 1, < 93 => 2, < 97 => 3, 97 => 4, 98 => 8, _ => 0x10000 };
        int space = Edge(60) ? 1 + _random.Next(3) : 0;
        _lines.Add(Text($"slot {id}{(space == 0 ? "" : $" space={space}")} gpa={gpa} size={size} hva={hva} flags={flags}"));
        // Many changes are of a slot that is there: the same host address and size, moved or with other flags.
        while (_random.Next(3) != 0)
            _lines.Add(Text($"slot {id} gpa={(_random.Next(2) == 0 ? gpa : Place(pages))} size={size} hva={hva} flags={_random.Next(2)}"));
    }

    // Close together, so that slots meet; around the stub, the first frame and 2 MiB.
    string Place(ulong pages)
    {
        ulong page = _random.Next(4) switch
        {
            0 => (ulong)_random.Next(16),
            1 => StubPage - Math.Min(pages, StubPage) + (ulong)_random.Next(3),
            2 => 512 - Math.Min(pages, 512UL) + (ulong)_random.Next(3),
            _ => 0x100 + (ulong)_random.Next(0x300),
        };
        return Text($"{page * PageSize}");
    }

    void Access()
    {
        ulong page = _random.Next(5) switch
        {
            0 => (ulong)_random.Next(16),
            1 => 512 - (ulong)_random.Next(3),
            2 => StubPage + 1 - (2 * (ulong)_random.Next(2)),
            _ => (ulong)_random.Next(0x420),
        };
        int size = Pick(1, 1, 2, 4);
        ulong offset = _random.Next(3) == 0 ? PageSize - (ulong)_random.Next(5) : (ulong)_random.Next((int)PageSize);
        ulong gpa = (page * PageSize) + offset;
        int vcpu = _random.Next(Math.Min(_vcpus, 2));
        // The page of code stays as it is.
        bool hitsStub = gpa + (ulong)size > StubPage * PageSize && gpa < (StubPage + 1) * PageSize;
        if (hitsStub || _random.Next(3) == 0)
        {
            _lines.Add(Text($"read {vcpu} {gpa} size={size}"));
            return;
        }
        // Into a ring an emulator puts a page each time, ours until it is armed again: write each once.
        if (_usesRings)
        {
            ulong last = (gpa + (ulong)size - 1) / PageSize;
            for (ulong touched = gpa / PageSize; touched <= last; touched++)
            {
                if (!_sinceReset.Add(touched))
                    return;
            }
        }
        _lines.Add(Text($"write {vcpu} {gpa} {(uint)_random.Next()} size={size}"));
    }

    void Log()
    {
        int id = Pick(_ids);
        switch (_random.Next(8))
        {
            case 0:
                _lines.Add($"cap manual-dirty-log-protect arg={Pick(0, 0, 1, 1, 3, 2, 4)}");
                break;
            case 1 or 2:
                string bits = string.Join(',', Enumerable.Range(0, 2).Select(_ => Text($"{Bits()}")));
                _lines.Add($"clear {id} first={Pick(0, 0, 64, 32, 128, 192)} pages={Pick(64, 64, 128, 0, 1, 36, 63, 65, 100)} bits={bits}");
                break;
            case 3 when Edge(5):
                _lines.Add($"log {id} at={Pick(0, 8)}");
                break;
            default:
                _lines.Add($"log {id}");
                break;
        }
    }

    void Ring()
    {
        if (_random.Next(2) == 0)
        {
            _lines.Add(Pick("cap dirty-log-ring arg=4K", "cap dirty-log-ring arg=0", "cap dirty-log-ring-acq-rel arg=5000", "log 1"));
            return;
        }
        Harvest();
        _lines.Add("reset");
        _sinceReset.Clear();
    }

    void Harvest()
    {
        for (int vcpu = 0; vcpu < Math.Min(_vcpus, 2); vcpu++)
            _lines.Add($"harvest {vcpu}");
    }

    void Vcpu()
    {
        switch (_random.Next(6))
        {
            case 0:
                _lines.Add($"cap max-vcpu-id arg={Pick("0", "4096", "4097", "2", "100")}");
                break;
            case 1:
                _lines.Add($"vcpu {Pick("4095", "4096", "-1", "1<<32", "1<<31")}");
                break;
            default:
                int id = _random.Next(3) == 0 ? _random.Next(4096) : _vcpus;
                _lines.Add(Text($"vcpu {id}"));
                if (id == 1 && _vcpus == 1)
                    _vcpus = 2;
                break;
        }
    }

    ulong Bits() => _random.Next(4) switch { 0 => ulong.MaxValue, 1 => 0, 2 => 1UL << _random.Next(64), _ => (ulong)_random.NextInt64() };

    bool Edge(int oneIn) => _random.Next(oneIn) == 0;

    T Pick<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
