using System;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.SecondStage;
using KvmSharp.Slots;
using KvmSharp.Vcpus.Raw;

namespace KvmSharp.Vcpus;

/// <summary>
/// Guest physical memory as one vCPU sees it: typed reads and writes, spans and atomic operations that find their page in
/// the vCPU's own TLB.
/// </summary>
/// <remarks>
/// For the vCPU's owner; not thread-safe. No access throws: what does not end in memory is reported by the <c>Try…</c>
/// forms through <see cref="Fault"/>, and answered by <see cref="Device"/> in the others. Any address and length a guest
/// can choose is allowed.
/// <para>
/// Aligned accesses of 1, 2, 4 and 8 bytes are single; others may be seen in pieces by other vCPUs. Plain reads and
/// writes are ordered as the host processor orders them; atomic operations are full fences.
/// </para>
/// <para>How an access and a flush meet:</para>
/// <list type="number">
/// <item>the owner marks itself in an access (a plain store), looks at the attention word (a plain load), uses the TLB
/// entry, and takes the mark off;</item>
/// <item>who takes translations away sets the flush bit in the attention word with an atomic operation, and waits until
/// the owner has taken the bit off again – which it does on leaving the fast path – or is outside guest mode;</item>
/// <item>an owner that does not come by is asked by a process-wide barrier: after it, an access that was under way shows
/// its mark, and one that was not will see the bit. With no mark there is nothing to wait for; with one, the access ends
/// without the owner's doing.</item>
/// </list>
/// Step 1 has no fence because step 3 brings it along for both.
/// </remarks>
public sealed unsafe partial class GuestMemory
{
    const int TlbShift = 10;
    const int TlbEntries = 1 << TlbShift;

    // An index into the TLB as a byte offset, taken out of an address in one shift and one mask.
    const int EntrySizeShift = 4;
    const ulong OffsetMask = (TlbEntries - 1) << EntrySizeShift;

    // Brings the page number's bits above the index to where the index has its second bit.
    const int FoldShift = Page.Shift + TlbShift - EntrySizeShift - 1;
    const ulong FoldMask = OffsetMask & (OffsetMask << 1);

    // Entries filled beyond the one that missed, when misses come in order: a cache line of entries in a 4 KiB table.
    const ulong PagesAhead = 7;

    // What a vCPU that never touched memory looks into: entries that match nothing. Never written.
    static readonly TlbEntry[] _emptyTlb = NewTlb();

    internal VcpuWords Words;

    // Points at the first entry of _entries, which is pinned and lives as long as this does.
    TlbEntry* _tlb;
    TlbEntry[] _entries;

    readonly Vcpu _vcpu;
    SecondStageTable _table;
    LeafTable? _leafTable;
    ulong _leafTableRegion = ulong.MaxValue;

    // The frame after the last that was entered in a row of refills.
    ulong _followingFrame = ulong.MaxValue;
    AddressSpaceId _space;
    GuestFault _fault;

    // The owner's; read by anyone for counting.
    long _fills;
    long _flushes;
    long _mmio;

    internal GuestMemory(Vcpu vcpu)
    {
        _vcpu = vcpu;
        _table = vcpu.Machine.Mmu.Table(default);
        Words.Attention = Attention.Outside;
        _entries = _emptyTlb;
        _tlb = AddressOf(_entries);
    }

    /// <summary>What answers accesses that no memory slot takes, in the forms without <c>Try</c>.</summary>
    public IMmioDevice Device { get; set; } = OpenBus.Instance;

    /// <summary>What was left of the last access that returned <see langword="false"/> or was answered by the device.</summary>
    public ref readonly GuestFault Fault => ref _fault;

    internal AddressSpaceId AddressSpace
    {
        get => _space;
        set
        {
            if (value == _space)
                return;
            _ = _vcpu.Machine.Slots.SpaceOf(value);
            _space = value;
            _table = _vcpu.Machine.Mmu.Table(value);
            _vcpu.ForgetLastSlot();
            FlushTlb();
        }
    }

    internal long TlbFills => Volatile.Read(ref _fills);

    /// <summary>
    /// How often the translations were dropped, because slots, host memory or write protection changed. An owner that keeps
    /// something made from guest memory – decoded code – compares this with what it was then: while it is the same, the
    /// memory is the same but for writes.
    /// </summary>
    public long TlbFlushes => Volatile.Read(ref _flushes);

    internal long MmioAccesses => Volatile.Read(ref _mmio);

    /// <summary>Bytes that the vCPU's TLB takes.</summary>
    internal static int TlbBytes => TlbEntries * sizeof(TlbEntry);

    /// <summary>
    /// Drops the translations if that was asked, and says so to whoever asked. The owner is at a safe point: it holds no
    /// translation but those in the TLB.
    /// </summary>
    internal void ServeRequests()
    {
        // Pairs with Vcpu.Ask: the requester goes on when it sees the bits gone; the owner goes on with an empty TLB.
        long before = Interlocked.And(ref Words.Attention, ~Attention.Served);
        if ((before & Attention.TlbFlush) != 0)
            FlushTlb();
        if ((before & Attention.Served) != 0)
            _vcpu.Machine.Vcpus.Stragglers.MakeRoom();
    }

    void FlushTlb()
    {
        Volatile.Write(ref _flushes, _flushes + 1);
        _leafTable = null;
        _leafTableRegion = ulong.MaxValue;
        if (!ReferenceEquals(_entries, _emptyTlb))
            _entries.AsSpan().Fill(new TlbEntry { Tag = TlbEntry.Invalid });
    }

    static TlbEntry[] NewTlb()
    {
        TlbEntry[] entries = GC.AllocateUninitializedArray<TlbEntry>(TlbEntries, pinned: true);
        entries.AsSpan().Fill(new TlbEntry { Tag = TlbEntry.Invalid });
        return entries;
    }

    // SAFETY: the array is pinned for its whole life.
    static TlbEntry* AddressOf(TlbEntry[] pinned) => (TlbEntry*)Unsafe.AsPointer(ref pinned[0]);

    // The entry of an address: its page number, with the bits above the index folded in, since guests put code and data
    // at round addresses. The fold spares the lowest bit, so that pages side by side never share an entry: an access that
    // crosses looks at the entry of its first page for its last, and must not find it there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong OffsetOf(ulong address) =>
        ((address >> (Page.Shift - EntrySizeShift)) ^ ((address >> FoldShift) & FoldMask)) & OffsetMask;

    // SAFETY: the offset is masked to the size of the table.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    TlbEntry* EntryOf(ulong address) => (TlbEntry*)((byte*)_tlb + OffsetOf(address));

    // The page of the last byte: equal to the page looked up only if the access does not cross.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong LastPage<T>(ulong address)
        where T : unmanaged => unchecked(address + (ulong)(sizeof(T) - 1)) & ~Page.OffsetMask;

    /// <summary>
    /// Fills the TLB entry when the second stage has the page with all that is needed recorded already.
    /// </summary>
    /// <param name="address">The first byte.</param>
    /// <param name="lastPage">The page of the last byte; another page means that the access crosses.</param>
    /// <param name="write">Whether the access writes.</param>
    /// <returns><see langword="false"/> when the long way has to be gone.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool TryRefill(ulong address, ulong lastPage, bool write)
    {
        // Requests are served on the long way, before anything is looked up.
        if ((address & ~Page.OffsetMask) != lastPage || (Volatile.Read(ref Words.Attention) & Attention.Memory) != 0)
            return false;
        var gfn = new Gfn(address >> Page.Shift);
        Spte spte = WalkCached(gfn, out PageLevel level);
        if (!spte.IsAccessed || (write && (!spte.IsWritable || !spte.IsDirty)))
            return false;
        Enter(lastPage, spte.HvaOf(gfn, level), spte.IsWritable && spte.IsDirty);
        // A guest that walks through memory comes here for every page, and goes on to the next.
        if (gfn.Value == _followingFrame)
            EnterFollowing(gfn, spte, level);
        else
            _followingFrame = gfn.Value + 1;
        return true;
    }

    /// <summary>Fills the entries of the next pages too, as far as they have been used before and take no other walk.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    void EnterFollowing(Gfn gfn, Spte spte, PageLevel level)
    {
        _followingFrame = gfn.Value + 1;
        int count = (int)Math.Min(PagesAhead, ~gfn.Value & (PageLevels.EntriesPerTable - 1));
        for (int ahead = 1; ahead <= count; ahead++)
        {
            Gfn next = gfn + (ulong)ahead;
            if (level == PageLevel.Page4K)
            {
                spte = _leafTable!.Read(next);
                if (!spte.IsAccessed)
                    return;
            }
            Enter(next.Value << Page.Shift, spte.HvaOf(next, level), spte.IsWritable && spte.IsDirty);
            _followingFrame = next.Value + 1;
        }
    }

    /// <summary>Looks the page up in the second stage, faults it in where it has to, and fills the TLB entry.</summary>
    /// <returns><see cref="GuestAccessKind.None"/> when the entry was filled; it may be gone again when it is used.</returns>
    GuestAccessKind Fill(ulong address, bool write)
    {
        var gfn = new Gfn(address >> Page.Shift);
        while (true)
        {
            Spte spte = WalkCached(gfn, out PageLevel level);
            if (spte.IsPresent && (spte.IsWritable || !write))
            {
                bool recorded = write
                    ? spte.IsDirty || _table.SetDirty(gfn)
                    : spte.IsAccessed || _table.SetAccessed(gfn);
                if (recorded)
                {
                    // A page not yet written is entered read-only, so that its first write comes by and is recorded.
                    bool writable = spte.IsWritable && (write || spte.IsDirty);
                    Enter(address & ~Page.OffsetMask, spte.HvaOf(gfn, level), writable);
                    return GuestAccessKind.None;
                }
            }

            if (_vcpu.IsKnownDevice(gfn, write))
                return GuestAccessKind.Mmio;
            // A second-stage fault is an exit from guest mode: nobody waits for a vCPU that handles one.
            Interlocked.Or(ref Words.Attention, Attention.Outside);
            GuestAccessKind kind = _vcpu.HandleFault(gfn, write);
            Interlocked.And(ref Words.Attention, ~Attention.Outside);
            // What was asked meanwhile is served before anything is looked up again.
            ServeRequests();
            if (kind != GuestAccessKind.None)
                return kind;
        }
    }

    // The table of the last page often holds the next page too. It is forgotten with the TLB; a table that was unlinked
    // without a flush has no present entry.
    Spte WalkCached(Gfn gfn, out PageLevel level)
    {
        ulong region = gfn.Value >> PageLevels.IndexBits;
        if (region == _leafTableRegion)
        {
            Spte cached = _leafTable!.Read(gfn);
            if (cached.IsPresent)
            {
                level = PageLevel.Page4K;
                return cached;
            }
        }
        Spte spte = _table.Walk(gfn, out level, out LeafTable? leaves);
        if (leaves is not null)
        {
            _leafTable = leaves;
            _leafTableRegion = region;
        }
        return spte;
    }

    void Enter(ulong page, Hva hva, bool writable)
    {
        if (ReferenceEquals(_entries, _emptyTlb))
        {
            _entries = NewTlb();
            _tlb = AddressOf(_entries);
        }
        Volatile.Write(ref _fills, _fills + 1);
        TlbEntry* entry = EntryOf(page);
        entry->Tag = writable ? page : page | TlbEntry.ReadOnly;
        entry->Addend = unchecked(hva.Value - page);
    }
}
