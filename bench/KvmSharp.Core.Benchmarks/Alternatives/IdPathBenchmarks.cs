using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;

namespace KvmSharp.Benchmarks.Alternatives;

/// <summary>
/// What the ids cost when a slot moves: it stands before the trie, or, rejected, a path is copied in the trie each time.
/// </summary>
[MemoryDiagnoser]
public class IdPathBenchmarks
{
    Before _before = new();
    Within _within = new();
    MemorySlot _slot = null!;
    long _edit;

    [Params(10, 509, 32764)]
    public int Count { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var store = new SlotTrieStore();
        for (int id = 0; id < Count; id++)
        {
            _slot = store.CreateSlot(
                new SlotDefinition(
                    default, new SlotId((ushort)id), new GfnRange(new Gfn((ulong)id), 1), new Hva(Page.Size), SlotFlags.None),
                dirtyBitmap: null);
            BeforeTheTrie();
            WithinTheTrie();
        }
    }

    [Benchmark(Baseline = true)]
    public object BeforeTheTrie()
    {
        var map = new Before { Ids = _before.Ids };
        map.Ids.Put(++_edit, old: null, _slot);
        return _before = map;
    }

    [Benchmark]
    public object WithinTheTrie()
    {
        var map = new Within { Ids = _within.Ids };
        map.Ids.Set(++_edit, _slot.Id, _slot);
        return _within = map;
    }

    sealed class Before
    {
        internal IdIndex Ids;
    }

    sealed class Within
    {
        internal IdTrie Ids;
    }
}
