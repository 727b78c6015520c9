using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.SecondStage;
using Xunit;

namespace KvmSharp.Tests.SecondStage;

public class SecondStageParallelTests
{
    const int Mappers = 3;
    const ulong Size2M = 512;
    const ulong Size1G = 512 * 512;

    readonly SecondStageTable _table = new();
    readonly MmuLock _lock = new(8);
    readonly List<Exception> _failures = [];

    [Fact]
    public void Maps_of_the_same_and_of_different_pages_lose_none()
    {
        const ulong Shared = 4096, Own = 2048;
        RunAll(Mappers, mapper =>
        {
            for (ulong page = 0; page < Shared; page++)
                Map(mapper, page * 3, PageLevel.Page4K, writable: (page & 1) == (ulong)mapper);
            for (ulong page = 0; page < Own; page++)
                Map(mapper, ((ulong)(mapper + 1) * Size1G * 512) + (page * 100), PageLevel.Page4K, writable: false);
        });
        Assert.Equal((long)(Shared + (Mappers * Own)), _table.MappedPages);
        _table.CheckInvariants();
        Assert.Equal(Shared + (Mappers * Own), _table.Zap(GfnRange.All));
        Assert.Equal(0, _table.TableCount);
    }

    [Fact]
    public void Leaves_of_all_sizes_raced_for_leave_one_translation_for_each_frame()
    {
        for (int round = 0; round < 60; round++)
        {
            ulong start = (ulong)round * Size1G;
            RunAll(Mappers, mapper =>
            {
                for (ulong page = 0; page < 200; page++)
                {
                    PageLevel level = (PageLevel)(1 + (((int)page + mapper) % 3));
                    Map(mapper, start + (page * 37), level, writable: (page + (ulong)mapper) % 2 == 0, dirty: false);
                }
            });
            for (ulong page = 0; page < 200; page++)
                Assert.True(IsRight(start + (page * 37)));
            _table.CheckInvariants();
            _table.Zap(new GfnRange(new Gfn(start), Size1G));
        }

        Assert.Equal(0, _table.TableCount);
    }

    [Fact]
    public void Bits_set_without_the_lock_survive_a_split()
    {
        const int Rounds = 5_000;
        // The marker is released by each odd value and answers with the next; over the rounds it hits every stage of the
        // split. A failure on either side leaves a value that lets the other run to its end.
        int phase = 0;
        Gfn marked = new(Size2M);
        RunAll(2, side =>
        {
            Random random = new(side);
            for (int round = 0; round < Rounds; round++)
            {
                if (side == 0)
                {
                    Map(0, Size2M, PageLevel.Page1G, writable: true);
                    Interlocked.CompareExchange(ref phase, (2 * round) + 1, 2 * round);
                    _table.Split(new GfnRange(marked, 1), PageLevel.Page4K);
                    UntilIs(ref phase, (2 * round) + 2);
                    if (!_table.Walk(marked, out _).IsDirty)
                        throw new InvalidOperationException($"round {round}: the dirty bit was lost");
                    _table.CheckInvariants();
                    _table.Zap(GfnRange.All);
                }
                else
                {
                    int delay = random.Next(3_000);
                    UntilIs(ref phase, (2 * round) + 1);
                    for (int turn = 0; turn < delay; turn++)
                        Volatile.Read(ref phase);
                    bool set = _table.SetDirty(marked);
                    Interlocked.CompareExchange(ref phase, (2 * round) + 2, (2 * round) + 1);
                    if (!set)
                        throw new InvalidOperationException($"round {round}: the page was found unmapped");
                }
            }
        }, whenFailed: () => Volatile.Write(ref phase, int.MaxValue));
    }

    [Fact]
    public void Maps_and_walks_beside_zaps_never_see_half_a_state_and_end_empty()
    {
        const int Rounds = 30_000;
        int mapping = Mappers;
        int wrong = 0;
        RunAll(Mappers + 2, worker =>
        {
            Random random = new(worker);
            if (worker < Mappers)
            {
                for (int round = 0; round < Rounds && Volatile.Read(ref wrong) == 0; round++)
                {
                    ulong frame = PickFrame(random);
                    PageLevel level = (PageLevel)random.Next(1, 3);
                    _lock.EnterShared(worker);
                    try
                    {
                        Map(worker, frame, level, writable: random.Next(2) == 0);
                        if (!IsRight(frame))
                            Interlocked.Increment(ref wrong);
                    }
                    finally
                    {
                        _lock.ExitShared(worker);
                    }

                    // No lock: the entry may be gone, and must then stay so.
                    _table.SetDirty(new Gfn(frame));
                }

                Interlocked.Decrement(ref mapping);
            }
            else if (worker == Mappers)
            {
                while (Volatile.Read(ref mapping) != 0)
                {
                    ulong frame = PickFrame(random);
                    if (_table.Walk(new Gfn(frame), out _).IsPresent && !IsRightOrGone(frame))
                        Interlocked.Increment(ref wrong);
                    _table.IsYoung(new GfnRange(new Gfn(frame), Size2M));
                }
            }
            else
            {
                while (Volatile.Read(ref mapping) != 0)
                {
                    _lock.EnterExclusive();
                    try
                    {
                        GfnRange range = new(new Gfn(PickFrame(random)), (ulong)random.Next(1, 2000));
                        _table.Zap(range);
                        if (!IsEmpty(range))
                            Interlocked.Increment(ref wrong);
                        if (random.Next(8) == 0)
                            _table.WriteProtect(GfnRange.All);
                        if (random.Next(64) == 0)
                            _table.CheckInvariants();
                    }
                    finally
                    {
                        _lock.ExitExclusive();
                    }

                    Thread.Yield();
                }
            }
        }, whenFailed: () => Volatile.Write(ref mapping, 0));
        Assert.Equal(0, wrong);
        _table.CheckInvariants();
        _table.Zap(GfnRange.All);
        Assert.Equal((0, 0), (_table.TableCount, _table.MappedPages));
    }

    static ulong PickFrame(Random random) =>
        ((ulong)random.Next(2) * Size1G) + (ulong)random.Next((int)Size2M * 4);

    // SetDirty() without the lock does not add leaves, so the walk tells.
    bool IsEmpty(GfnRange range) => _table.ListLeaves(range).Count == 0;

    bool IsRight(ulong frame)
    {
        Spte spte = _table.Walk(new Gfn(frame), out PageLevel level);
        return spte.IsPresent && spte.Breach(level) is null && spte.HvaOf(new Gfn(frame), level) == HvaOf(frame);
    }

    bool IsRightOrGone(ulong frame)
    {
        Spte spte = _table.Walk(new Gfn(frame), out PageLevel level);
        return spte.IsPresent
            ? spte.Breach(level) is null && spte.HvaOf(new Gfn(frame), level) == HvaOf(frame)
            : spte == default && level == PageLevel.None;
    }

    void Map(int mapper, ulong frame, PageLevel level, bool writable, bool dirty = false) =>
        _table.Map(new Gfn(frame), level, HvaOf(frame), writable, accessed: mapper == 0, dirty);

    void RunAll(int count, Action<int> body, Action? whenFailed = null)
    {
        using Barrier start = new(count);
        Thread[] threads = new Thread[count];
        for (int index = 0; index < count; index++)
        {
            int worker = index;
            threads[index] = new Thread(() =>
            {
                start.SignalAndWait();
                try
                {
                    body(worker);
                }
                catch (Exception failure)
                {
                    lock (_failures)
                        _failures.Add(failure);
                    whenFailed?.Invoke();
                }
            });
            threads[index].Start();
        }

        foreach (Thread thread in threads)
            thread.Join();
        Assert.Empty(_failures);
    }

    static void UntilIs(ref int phase, int value)
    {
        SpinWait spin = default;
        while (Volatile.Read(ref phase) < value)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    static Hva HvaOf(ulong frame) => new((frame << Page.Shift) + (1UL << 53));
}
