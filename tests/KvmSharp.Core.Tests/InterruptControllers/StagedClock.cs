using System;
using System.Collections.Generic;
using System.Threading;

namespace KvmSharp.Tests.InterruptControllers;

/// <summary>A clock that goes when it is told to; timers fire on the caller's thread.</summary>
sealed class StagedClock : TimeProvider
{
    readonly List<Alarm> _alarms = [];
    long _now;

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        alarm.Change(dueTime, period);
        _alarms.Add(alarm);
        return alarm;
    }

    /// <summary>Goes on, and fires what is due by then.</summary>
    public void Advance(long nanoseconds)
    {
        _now += nanoseconds;
        foreach (Alarm alarm in _alarms.ToArray())
            alarm.FireIfDue();
    }

    sealed class Alarm(StagedClock clock, Action fire) : ITimer
    {
        long? _due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + (long)dueTime.TotalNanoseconds;
            return true;
        }

        public void FireIfDue()
        {
            if (_due is not { } due || due > clock._now)
                return;
            _due = null;
            fire();
        }

        public void Dispose() => _due = null;

        public System.Threading.Tasks.ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
