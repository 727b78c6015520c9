using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;

namespace KvmSharp.Benchmarks.Slots;

/// <summary>A machine with a number of slots in either store.</summary>
[MemoryDiagnoser]
public abstract class SlotBenchmark
{
    [Params(1, 32, 509, 32764)]
    public int Count { get; set; }

    [ParamsSource(nameof(Designs))]
    public SlotStoreDesign Design { get; set; } = SlotTrieStore.Design;

    public static IEnumerable<SlotStoreDesign> Designs => [SlotTrieStore.Design, TwinTreeStore.Design];

    internal AnonymousMemory Memory { get; private set; } = null!;

    internal VirtualMachine Machine { get; private set; } = null!;

    internal Gfn[] Places { get; private set; } = [];

    /// <summary>The slot that comes, goes, moves or changes flags: the last.</summary>
    internal SlotId LastId => new((ushort)(Count - 1));

    [GlobalSetup]
    public virtual void SetUp()
    {
        Memory = AnonymousMemory.Create((ulong)Count * Page.Size);
        Machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = Design });
        Places = SlotCrowd.Places(Count, SlotPlaces.SideBySide);
        SlotCrowd.Add(Machine, Places, Memory);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        Machine.Dispose();
        Memory.Dispose();
    }
}
