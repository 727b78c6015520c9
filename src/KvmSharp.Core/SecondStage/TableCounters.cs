using System.Runtime.InteropServices;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

/// <summary>
/// How many leaves and tables there are. The counts stand apart from the table's root, and clear of their neighbours on
/// the heap: every map changes them, every walk reads the root.
/// </summary>
sealed class TableCounters
{
    Counts _counts;

    /// <summary>Tables of either kind.</summary>
    public long Tables => Volatile.Read(ref _counts.Tables);

    /// <summary>Present leaves of one size.</summary>
    public long Leaves(PageLevel level) => Volatile.Read(ref Cell(level));

    public void AddTables(long tables)
    {
        if (tables != 0)
            Interlocked.Add(ref _counts.Tables, tables);
    }

    public void AddLeaves(PageLevel level, long leaves)
    {
        if (leaves != 0)
            Interlocked.Add(ref Cell(level), leaves);
    }

    ref long Cell(PageLevel level)
    {
        switch (level)
        {
            case PageLevel.Page4K:
                return ref _counts.Leaves4K;
            case PageLevel.Page2M:
                return ref _counts.Leaves2M;
            default:
                return ref _counts.Leaves1G;
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = CacheLine + (4 * sizeof(long)) + CacheLine)]
    struct Counts
    {
        const int CacheLine = 64;

        [FieldOffset(CacheLine)]
        public long Leaves4K;

        [FieldOffset(CacheLine + sizeof(long))]
        public long Leaves2M;

        [FieldOffset(CacheLine + (2 * sizeof(long)))]
        public long Leaves1G;

        [FieldOffset(CacheLine + (3 * sizeof(long)))]
        public long Tables;
    }
}
