using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;

namespace KvmSharp.Benchmarks.Slots;

/// <summary>Sixty-four moves in one transaction, against as many alone.</summary>
[MemoryDiagnoser]
public class SlotTransactionBenchmarks
{
    const int Changes = 64;

    AnonymousMemory _memory = null!;
    VirtualMachine _machine = null!;
    Gfn[] _places = [];
    bool _away;

    [Params(509, 32764)]
    public int Count { get; set; }

    [ParamsSource(nameof(Designs))]
    public SlotStoreDesign Design { get; set; } = SlotTrieStore.Design;

    public static IEnumerable<SlotStoreDesign> Designs => [SlotTrieStore.Design, TwinTreeStore.Design];

    [GlobalSetup]
    public void SetUp()
    {
        _memory = AnonymousMemory.Create((ulong)Count * Page.Size);
        _machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = Design });
        _places = SlotCrowd.Places(Count, SlotPlaces.SideBySide);
        SlotCrowd.Add(_machine, _places, _memory);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _machine.Dispose();
        _memory.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Changes)]
    public void OneByOne()
    {
        _away = !_away;
        for (int index = 0; index < Changes; index++)
            _machine.Slots.Move(Id(index), Target(index));
    }

    [Benchmark(OperationsPerInvoke = Changes)]
    public void InOneTransaction()
    {
        _away = !_away;
        SlotTransaction transaction = _machine.Slots.BeginTransaction();
        for (int index = 0; index < Changes; index++)
            transaction.Move(Id(index), Target(index));
        transaction.Apply();
    }

    // Spread evenly, so that the changes do not share the lower nodes of the trees.
    int Position(int index) => (int)((long)index * Count / Changes);

    SlotId Id(int index) => new((ushort)Position(index));

    Gpa Target(int index) => (_places[Position(index)] + (_away ? (ulong)SlotLimits.TotalSlots : 0)).Base;
}
