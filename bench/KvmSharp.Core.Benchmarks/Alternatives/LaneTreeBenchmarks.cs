using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.Benchmarks.Slots;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace KvmSharp.Benchmarks.Alternatives;

/// <summary>Finding a slot by guest frame: the trie against a B+ tree of vector lanes.</summary>
public class LaneTreeBenchmarks
{
    const int Lookups = 1024;

    AnonymousMemory _memory = null!;
    VirtualMachine _machine = null!;
    SlotStore _store = null!;
    LaneTree _lanes = null!;
    Gfn[] _frames = [];

    [Params(32, 509, 32764)]
    public int Count { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _memory = AnonymousMemory.Create((ulong)Count * Page.Size);
        _machine = new VirtualMachine();
        Gfn[] places = SlotCrowd.Places(Count, SlotPlaces.Scattered);
        SlotCrowd.Add(_machine, places, _memory);
        _frames = SlotCrowd.Lookups(places, Lookups);
        _store = _machine.Slots.SpaceOf(default).Store;
        var slots = new List<MemorySlot>();
        foreach (MemorySlot slot in _store.Active.All)
            slots.Add(slot);
        _lanes = new LaneTree(slots.ToArray());
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _machine.Dispose();
        _memory.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Lookups)]
    public int Trie()
    {
        int found = 0;
        foreach (Gfn gfn in _frames)
            found += _store.Active.Find(gfn) is not null ? 1 : 0;
        return found;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int TreeOfLanes()
    {
        int found = 0;
        foreach (Gfn gfn in _frames)
            found += _lanes.Find(gfn) is not null ? 1 : 0;
        return found;
    }
}
