using System;
using System.Threading;
using KvmSharp.Buses;
using Xunit;

namespace KvmSharp.Tests.Buses;

public sealed class CountedEventTests
{
    static readonly TimeSpan _soon = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_count_is_taken_once()
    {
        using var counted = new CountedEvent();
        Assert.Equal(0UL, counted.Take());

        counted.Raise();
        counted.Raise();

        Assert.Equal(2UL, counted.Take());
        Assert.Equal(0UL, counted.Take());
    }

    [Fact]
    public void Waiting_does_not_take_the_count()
    {
        using var counted = new CountedEvent();
        Assert.False(counted.Wait(TimeSpan.Zero));

        counted.Raise();

        Assert.True(counted.Wait(TimeSpan.Zero));
        Assert.True(counted.Wait(Timeout.InfiniteTimeSpan));
        Assert.Equal(1UL, counted.Take());
    }

    [Fact]
    public void Who_waits_is_woken()
    {
        using var counted = new CountedEvent();
        bool woken = false;
        var waiter = new Thread(() => woken = counted.Wait(_soon));
        waiter.Start();

        counted.Raise();

        Assert.True(waiter.Join(_soon));
        Assert.True(woken);
    }

    // Whoever raises must not miss one who is about to sleep: the last raise of each round has nobody behind it.
    [Fact]
    public void No_raise_is_lost_between_threads()
    {
        const int Rounds = 5_000;
        using var there = new CountedEvent();
        using var back = new CountedEvent();
        ulong taken = 0;
        var other = new Thread(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                if (!there.Wait(_soon))
                    return;
                taken += there.Take();
                back.Raise();
            }
        });
        other.Start();

        for (int round = 0; round < Rounds; round++)
        {
            there.Raise();
            Assert.True(back.Wait(_soon), $"round {round}");
            back.Take();
        }

        Assert.True(other.Join(_soon));
        Assert.Equal((ulong)Rounds, taken);
    }
}
