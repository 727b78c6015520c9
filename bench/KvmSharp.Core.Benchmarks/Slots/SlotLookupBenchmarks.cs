using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Benchmarks.Slots;

/// <summary>Finding slots, by each of the three keys.</summary>
public class SlotLookupBenchmarks : SlotBenchmark
{
    const int Lookups = 1024;

    Gfn[] _frames = [];
    SlotStore _store = null!;
    LastSlot _last = null!;

    public override void SetUp()
    {
        base.SetUp();
        _frames = SlotCrowd.Lookups(Places, Lookups);
        _store = Machine.Slots.SpaceOf(default).Store;
        _last = new LastSlot(Machine.Slots.SpaceOf(default));
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Lookups)]
    public int ByRandomFrame()
    {
        int found = 0;
        foreach (Gfn gfn in _frames)
            found += _store.Active.FindWithoutCache(gfn) is not null ? 1 : 0;
        return found;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int ByTheSameFrame()
    {
        int found = 0;
        for (int index = 0; index < Lookups; index++)
            found += _store.Active.Find(_frames[0]) is not null ? 1 : 0;
        return found;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int ByTheSameFrameAsVcpu()
    {
        int found = 0;
        for (int index = 0; index < Lookups; index++)
            found += _last.Find(_frames[0]) is not null ? 1 : 0;
        return found;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int ByHostAddress()
    {
        int found = 0;
        foreach (Gfn gfn in _frames)
        {
            // Side by side in the guest as in the host, so a frame's number is its page's.
            var page = new HvaRange(Memory.Start + (gfn.Value * Page.Size), Page.Size);
            found += _store.Active.NextByHva(page, null) is not null ? 1 : 0;
        }
        return found;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int ById()
    {
        int found = 0;
        foreach (Gfn gfn in _frames)
            found += _store.Active.FindById(new SlotId((ushort)gfn.Value)) is not null ? 1 : 0;
        return found;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int ByMachine()
    {
        int found = 0;
        foreach (Gfn gfn in _frames)
            found += Machine.Slots.TryFind(gfn, out _) ? 1 : 0;
        return found;
    }
}
