using System.Collections.Generic;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.SecondStage;

namespace KvmSharp.Tests.SecondStage;

/// <summary>What the table should do, said naively: a sorted list of leaves.</summary>
sealed class SecondStageModel
{
    const ulong Limit = 1UL << SecondStageTable.GfnBits;

    readonly SortedList<ulong, MappedLeaf> _leaves = [];

    public IEnumerable<MappedLeaf> Leaves => _leaves.Values;

    public int Count => _leaves.Count;

    public long MappedPages => _leaves.Values.Sum(leaf => (long)leaf.Level.PageCount);

    public bool Map(Gfn gfn, PageLevel level, Hva hva, bool writable, bool accessed, bool dirty)
    {
        if (Find(gfn) is { } found)
        {
            bool lacksWrite = writable && !found.Spte.IsWritable;
            while (lacksWrite && found.Level > level)
            {
                SplitLeaf(found);
                found = Find(gfn)!.Value;
            }

            return Store(found, found.Spte.IsWritable || writable, found.Spte.IsAccessed || accessed, found.Spte.IsDirty || dirty);
        }

        while (Meeting(Around(gfn, level)).Count != 0)
            level--;
        ulong start = Around(gfn, level).Start.Value;
        Hva page = new(hva.Value - ((gfn.Value - start) << Page.Shift));
        MappedLeaf leaf = new(new Gfn(start), level, Spte.Leaf(page, level, writable, accessed, dirty));
        _leaves.Add(start, leaf);
        return true;
    }

    public ulong Zap(GfnRange range)
    {
        List<MappedLeaf> gone = Meeting(range);
        foreach (MappedLeaf leaf in gone)
            _leaves.Remove(leaf.Base.Value);
        return (ulong)gone.Count;
    }

    public bool WriteProtect(GfnRange range, PageLevel minLevel)
    {
        bool any = false;
        foreach (MappedLeaf leaf in Meeting(range).Where(leaf => leaf.Level >= minLevel && leaf.Spte.IsWritable))
            any |= Store(leaf, writable: false, leaf.Spte.IsAccessed, dirty: false);
        return any;
    }

    public bool Split(GfnRange range, PageLevel target)
    {
        bool any = false;
        while (Meeting(range).Where(leaf => leaf.Level > target).ToList() is { Count: > 0 } large)
        {
            large.ForEach(SplitLeaf);
            any = true;
        }

        return any;
    }

    public bool Age(GfnRange range)
    {
        bool any = false;
        foreach (MappedLeaf leaf in Meeting(range).Where(leaf => leaf.Spte.IsAccessed))
            any |= Store(leaf, leaf.Spte.IsWritable, accessed: false, leaf.Spte.IsDirty);
        return any;
    }

    public bool IsYoung(GfnRange range) => Meeting(range).Any(leaf => leaf.Spte.IsAccessed);

    public bool SetAccessed(Gfn gfn)
    {
        if (Find(gfn) is not { } leaf)
            return false;
        Store(leaf, leaf.Spte.IsWritable, accessed: true, leaf.Spte.IsDirty);
        return true;
    }

    public bool SetDirty(Gfn gfn)
    {
        if (Find(gfn) is not { Spte.IsWritable: true } leaf)
            return false;
        Store(leaf, writable: true, accessed: true, dirty: true);
        return true;
    }

    public MappedLeaf? Find(Gfn gfn) =>
        gfn.Value < Limit && Meeting(new GfnRange(gfn, 1)) is [MappedLeaf leaf] ? leaf : null;

    static GfnRange Around(Gfn gfn, PageLevel level) => new(new Gfn(gfn.Value & ~(level.PageCount - 1)), level.PageCount);

    bool Store(MappedLeaf leaf, bool writable, bool accessed, bool dirty)
    {
        Spte spte = Spte.Leaf(leaf.Spte.HostPage, leaf.Level, writable, accessed, dirty);
        _leaves[leaf.Base.Value] = leaf with { Spte = spte };
        return spte != leaf.Spte;
    }

    void SplitLeaf(MappedLeaf leaf)
    {
        _leaves.Remove(leaf.Base.Value);
        PageLevel level = leaf.Level - 1;
        for (ulong offset = 0; offset < leaf.Level.PageCount; offset += level.PageCount)
        {
            Gfn gfn = leaf.Base + offset;
            Hva page = leaf.Spte.HvaOf(gfn, leaf.Level);
            Spte spte = Spte.Leaf(page, level, leaf.Spte.IsWritable, leaf.Spte.IsAccessed, leaf.Spte.IsDirty);
            _leaves.Add(gfn.Value, new MappedLeaf(gfn, level, spte));
        }
    }

    List<MappedLeaf> Meeting(GfnRange range)
    {
        List<MappedLeaf> leaves = [];
        int index = LowerBound(range.Start.Value);
        if (index > 0 && !range.IsEmpty && _leaves.Values[index - 1].Frames.End > range.Start)
            index--;
        for (; index < _leaves.Count && _leaves.Keys[index] < range.End.Value; index++)
            leaves.Add(_leaves.Values[index]);
        return leaves;
    }

    int LowerBound(ulong start)
    {
        int low = 0;
        int high = _leaves.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_leaves.Keys[middle] < start)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
