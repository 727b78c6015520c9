using System;
using System.Linq;
using System.Threading;
using KvmSharp.SecondStage;
using Xunit;

namespace KvmSharp.Tests.SecondStage;

public class MmuLockTests
{
    static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    readonly MmuLock _lock = new(8);

    [Fact]
    public void Sharers_of_one_stripe_and_of_different_stripes_enter_together()
    {
        foreach (int hint in (int[])[0, 0, 1, 8, -1, int.MinValue])
            _lock.EnterShared(hint);
        foreach (int hint in (int[])[0, 0, 1, 8, -1, int.MinValue])
            _lock.ExitShared(hint);
        _lock.EnterExclusive();
        _lock.ExitExclusive();
    }

    [Fact]
    public void Exclusive_is_held_by_the_thread_that_entered()
    {
        Assert.False(_lock.IsExclusiveHeld);
        _lock.EnterExclusive();
        Assert.True(_lock.IsExclusiveHeld);
        bool elsewhere = true;
        Run(() => elsewhere = _lock.IsExclusiveHeld).Join();
        Assert.False(elsewhere);
        _lock.ExitExclusive();
        Assert.False(_lock.IsExclusiveHeld);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_writer_waits_for_the_sharer_of_any_stripe(int hint)
    {
        _lock.EnterShared(hint);
        using ManualResetEventSlim entered = new();
        Thread writer = Run(() =>
        {
            _lock.EnterExclusive();
            entered.Set();
            _lock.ExitExclusive();
        });
        UntilBlockedOrYielding(writer);
        Assert.False(entered.IsSet);
        _lock.ExitShared(hint);
        Assert.True(entered.Wait(_patience));
        writer.Join();
    }

    [Fact]
    public void A_sharer_waits_for_the_writer()
    {
        _lock.EnterExclusive();
        using ManualResetEventSlim entered = new();
        Thread sharer = Run(() =>
        {
            _lock.EnterShared(3);
            entered.Set();
            _lock.ExitShared(3);
        });
        // It gives up spinning and blocks on the writers' lock.
        Assert.True(SpinWait.SpinUntil(() => sharer.ThreadState.HasFlag(ThreadState.WaitSleepJoin), _patience));
        Assert.False(entered.IsSet);
        _lock.ExitExclusive();
        Assert.True(entered.Wait(_patience));
        sharer.Join();
        _lock.EnterExclusive();
        _lock.ExitExclusive();
    }

    [Fact]
    public void A_second_writer_waits_for_the_first()
    {
        _lock.EnterExclusive();
        using ManualResetEventSlim entered = new();
        Thread second = Run(() =>
        {
            _lock.EnterExclusive();
            entered.Set();
            _lock.ExitExclusive();
        });
        Assert.True(SpinWait.SpinUntil(() => second.ThreadState.HasFlag(ThreadState.WaitSleepJoin), _patience));
        Assert.False(entered.IsSet);
        _lock.ExitExclusive();
        Assert.True(entered.Wait(_patience));
        second.Join();
    }

    [Fact]
    public void Many_threads_count_without_losing_one()
    {
        const int Sharers = 4, Writers = 2, Rounds = 20_000;
        long plain = 0;
        long shared = 0;
        long torn = 0;
        Thread[] threads =
        [
            .. Enumerable.Range(0, Sharers).Select(hint => Run(() =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    _lock.EnterShared(hint);
                    long before = plain;
                    Interlocked.Increment(ref shared);
                    if (before != Volatile.Read(ref plain) || (before & 1) != 0)
                        Interlocked.Increment(ref torn);
                    _lock.ExitShared(hint);
                }
            })),
            .. Enumerable.Range(0, Writers).Select(_ => Run(() =>
            {
                for (int round = 0; round < Rounds / 10; round++)
                {
                    _lock.EnterExclusive();
                    // Odd in between, so a sharer beside a writer would notice.
                    plain++;
                    plain++;
                    _lock.ExitExclusive();
                }
            })),
        ];
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Equal(2L * Writers * (Rounds / 10), plain);
        Assert.Equal((long)Sharers * Rounds, shared);
        Assert.Equal(0, torn);
    }

    // A writer that drains never blocks, it yields; having let it run this long it has raised its flag or is about to.
    static void UntilBlockedOrYielding(Thread thread)
    {
        for (int turn = 0; turn < 100 && thread.IsAlive; turn++)
            Thread.Yield();
    }

    static Thread Run(Action body)
    {
        Thread thread = new(() => body()) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
