using System.Collections.Concurrent;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.SecondStage;

/// <summary>
/// Frames whose next write somebody wants to hear of: a CPU, where it has decoded code from (KVM's <c>page_track</c>).
/// </summary>
/// <remarks>
/// Thread-safe. A tracked frame is mapped without the right to write, so its first write by a vCPU faults; the fault takes
/// the frame off, tells the <see cref="Tracker"/>, and maps it for writing. One write is announced, then nothing, until the
/// frame is tracked again. Writes by <see cref="Vcpus.MachineMemory"/> are announced too. What changes otherwise – slots,
/// host memory that is discarded – is not: it flushes the vCPUs (<see cref="Vcpus.GuestMemory.TlbFlushes"/>).
/// <para>
/// As long as one vCPU alone writes, and knows its own writes, nothing has to be protected: see <see cref="Protects"/>.
/// </para>
/// </remarks>
public sealed class WriteTracking
{
    const int BitsPerWord = 64;
    const int WordsPerRegion = PageLevels.EntriesPerTable / BitsPerWord;

    readonly Mmu _mmu;

    // The frames of 2 MiB, a bit for each, by space and region. A region stays once it is there: its frames are mapped one
    // by one from then on. Bits are changed by Interlocked.
    readonly ConcurrentDictionary<ulong, ulong[]> _regions = new();

    // The gigabytes with such a region.
    readonly ConcurrentDictionary<ulong, bool> _gigabytes = new();

    // Set once and read anywhere with Volatile.Read.
    IWriteTracker? _tracker;
    bool _protects;

    internal WriteTracking(Mmu mmu) => _mmu = mmu;

    /// <summary>Who is told. Set before the first frame is tracked.</summary>
    public IWriteTracker? Tracker
    {
        get => Volatile.Read(ref _tracker);
        set => Volatile.Write(ref _tracker, value);
    }

    /// <summary>
    /// Whether vCPUs' writes are announced. Without it only those by the machine's own view are, and tracking costs no
    /// fault and no flush. It can be switched on, while no other vCPU than the one that tracks runs, and not off again.
    /// </summary>
    public bool Protects => Volatile.Read(ref _protects);

    /// <summary>Switches protection on. Frames that are tracked are announced, so that they are tracked anew.</summary>
    public void Protect()
    {
        if (Protects)
            return;
        Volatile.Write(ref _protects, true);
        // Pairs with Track(): either this sees the bit, or whoever set it sees that it has to protect.
        Interlocked.MemoryBarrier();
        foreach ((ulong region, ulong[] words) in _regions)
        {
            for (int index = 0; index < PageLevels.EntriesPerTable; index++)
            {
                if (TryTake(words, index))
                    Announce(SpaceOf(region), FirstOf(region) + (ulong)index);
            }
        }
    }

    /// <summary>Asks for the next write to a frame. A frame that is tracked already stays so.</summary>
    /// <remarks>
    /// What is read from the frame after this returns is what is there until the write is announced. Takes the MMU lock
    /// exclusively when vCPUs' writes are announced, and flushes them if the frame could be written; the caller is in no read
    /// section.
    /// </remarks>
    public void Track(AddressSpaceId space, Gfn gfn)
    {
        ulong region = RegionOf(space, gfn);
        ulong[] words = _regions.GetOrAdd(region, static _ => new ulong[WordsPerRegion]);
        _gigabytes.TryAdd(GigabyteOf(region), true);
        int index = IndexOf(gfn);
        // Pairs with Settle(): the bit, then the entry. A full fence also for MachineMemory: its data, then the bit.
        Interlocked.Or(ref words[index / BitsPerWord], 1UL << index);
        if (Protects)
            _mmu.WriteProtect(space, gfn);
    }

    /// <summary>Whether the next write to a frame is announced.</summary>
    public bool IsTracked(AddressSpaceId space, Gfn gfn) =>
        _regions.TryGetValue(RegionOf(space, gfn), out ulong[]? words)
        && (Volatile.Read(ref words[IndexOf(gfn) / BitsPerWord]) & (1UL << IndexOf(gfn))) != 0;

    /// <summary>A fault is about to map a frame: announces a write, and narrows what is mapped to what may be.</summary>
    /// <param name="space">The frame's address space.</param>
    /// <param name="gfn">The frame.</param>
    /// <param name="write">Whether the fault is a write's.</param>
    /// <param name="level">The leaf wanted, and allowed.</param>
    /// <param name="writable">Whether it is to be writable, and may be.</param>
    /// <remarks>Assumes the MMU lock held shared: a frame that is tracked from here on is protected afterwards.</remarks>
    internal void Settle(AddressSpaceId space, Gfn gfn, bool write, ref PageLevel level, ref bool writable)
    {
        if (_gigabytes.IsEmpty || !Protects)
            return;
        ulong region = RegionOf(space, gfn);
        if (!_regions.TryGetValue(region, out ulong[]? words))
        {
            if (level > PageLevel.Page2M && _gigabytes.ContainsKey(GigabyteOf(region)))
                level = PageLevel.Page2M;
            return;
        }
        level = PageLevel.Page4K;
        if (write)
        {
            if (TryTake(words, IndexOf(gfn)))
                Announce(space, gfn);
        }
        else if (IsTracked(space, gfn))
        {
            writable = false;
        }
    }

    /// <summary>Whether no frame was ever tracked.</summary>
    internal bool IsIdle => _gigabytes.IsEmpty;

    /// <summary>The machine's own view has written a frame.</summary>
    internal void NoteWrite(AddressSpaceId space, Gfn gfn)
    {
        if (_gigabytes.IsEmpty)
            return;
        // Pairs with Track(): either this sees the bit, or whoever set it reads what was written.
        Interlocked.MemoryBarrier();
        if (_regions.TryGetValue(RegionOf(space, gfn), out ulong[]? words) && TryTake(words, IndexOf(gfn)))
            Announce(space, gfn);
    }

    void Announce(AddressSpaceId space, Gfn gfn) => Tracker?.Written(space, gfn);

    static bool TryTake(ulong[] words, int index)
    {
        ulong bit = 1UL << index;
        return (Volatile.Read(ref words[index / BitsPerWord]) & bit) != 0
            && (Interlocked.And(ref words[index / BitsPerWord], ~bit) & bit) != 0;
    }

    static int IndexOf(Gfn gfn) => (int)gfn.Value & (PageLevels.EntriesPerTable - 1);

    // The space above the frame's bits: a frame number has fewer than 53.
    static ulong RegionOf(AddressSpaceId space, Gfn gfn) =>
        (gfn.Value >> PageLevels.IndexBits) | ((ulong)space.Value << SecondStageTable.GfnBits);

    static ulong GigabyteOf(ulong region) => region >> PageLevels.IndexBits;

    static AddressSpaceId SpaceOf(ulong region) => new((byte)(region >> SecondStageTable.GfnBits));

    static Gfn FirstOf(ulong region) =>
        new((region & (SecondStageTable.GfnLimit - 1)) << PageLevels.IndexBits);
}
