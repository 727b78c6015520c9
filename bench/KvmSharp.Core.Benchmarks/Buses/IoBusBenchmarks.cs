using BenchmarkDotNet.Attributes;
using KvmSharp.Buses;

namespace KvmSharp.Benchmarks.Buses;

/// <summary>A write that no memory takes: what the bus adds before it becomes an exit, and what it takes where it does not.</summary>
[MemoryDiagnoser]
public class IoBusBenchmarks
{
    const ulong Spacing = 16;

    readonly VirtualMachine _machine = new();
    readonly CountedEvent _event = new();
    readonly byte[] _data = [1, 0, 0, 0];
    ulong _watched;

    [Params(0, 1, 100, 3000)]
    public int Triggers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        for (int index = 0; index < Triggers; index++)
            _machine.Buses.TryAddTrigger(new WriteTrigger((ulong)index * Spacing, 4, IsPort: false), _event);
        _watched = (ulong)(Triggers / 2) * Spacing;
    }

    /// <summary>Where a trigger is, if there are any.</summary>
    [Benchmark]
    public bool Taken() => _machine.Buses.Memory.TryWrite(_watched, _data);

    [Benchmark]
    public bool Left() => _machine.Buses.Memory.TryWrite(_watched + 4, _data);
}
