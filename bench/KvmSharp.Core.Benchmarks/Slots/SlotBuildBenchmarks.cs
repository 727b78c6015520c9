using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;

namespace KvmSharp.Benchmarks.Slots;

/// <summary>A machine from nothing to a number of slots, added one at a time, and back to nothing.</summary>
[MemoryDiagnoser]
public class SlotBuildBenchmarks
{
    AnonymousMemory _memory = null!;
    Gfn[] _places = [];

    [Params(1, 32, 509, 32764)]
    public int Count { get; set; }

    [ParamsSource(nameof(Designs))]
    public SlotStoreDesign Design { get; set; } = SlotTrieStore.Design;

    public static IEnumerable<SlotStoreDesign> Designs => [SlotTrieStore.Design, TwinTreeStore.Design];

    [GlobalSetup]
    public void SetUp()
    {
        _memory = AnonymousMemory.Create((ulong)Count * Page.Size);
        _places = SlotCrowd.Places(Count, SlotPlaces.SideBySide);
    }

    [GlobalCleanup]
    public void CleanUp() => _memory.Dispose();

    [Benchmark]
    public void BuildAndDispose()
    {
        using var machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = Design });
        SlotCrowd.Add(machine, _places, _memory);
    }
}
