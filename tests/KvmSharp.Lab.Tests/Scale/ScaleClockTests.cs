using System;
using System.Threading;
using KvmSharp.Lab.Scale;
using Xunit;

namespace KvmSharp.Lab.Tests.Scale;

public sealed class ScaleClockTests
{
    [Fact]
    public void Work_that_takes_many_times_its_budget_is_done_once_and_that_is_said()
    {
        int runs = 0;
        var clock = new ScaleClock(TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1), CancellationToken.None);

        ScaleMeasure measure = clock.TimeFresh(() => new object(), _ =>
        {
            runs++;
            Thread.SpinWait(100_000);
        }, operations: 10);

        Assert.Equal((1, 1, "done and timed once"), (runs, measure.Samples, measure.Note));
        Assert.True(measure.Nanoseconds > 0);
    }

    [Fact]
    public void Work_that_takes_little_is_sampled_several_times_after_a_warming_up()
    {
        int runs = 0;
        var clock = new ScaleClock(TimeSpan.FromMilliseconds(200), TimeSpan.Zero, CancellationToken.None);

        ScaleMeasure measure = clock.TimeFresh(() => new object(), _ => runs++);

        Assert.Null(measure.Note);
        Assert.InRange(measure.Samples!.Value, 3, 1001);
        Assert.Equal(measure.Samples + 1, runs);
    }

    [Fact]
    public void What_is_made_for_each_run_is_disposed_of()
    {
        int open = 0;
        var clock = new ScaleClock(TimeSpan.FromMilliseconds(1), TimeSpan.Zero, CancellationToken.None);

        clock.TimeFresh(() => { open++; return new Resource(() => open--); }, _ => { });

        Assert.Equal(0, open);
    }

    [Fact]
    public void An_interruption_ends_a_case()
    {
        var clock = new ScaleClock(TimeSpan.FromSeconds(60), TimeSpan.Zero, new CancellationToken(canceled: true));

        Assert.Throws<OperationCanceledException>(() => clock.Time(_ => { }));
        Assert.Throws<OperationCanceledException>(() => clock.TimeFresh(() => 0, _ => { }));
    }

    sealed class Resource(Action close) : IDisposable
    {
        public void Dispose() => close();
    }
}
