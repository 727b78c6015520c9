using System;
using System.Threading;

namespace KvmSharp.InterruptControllers;

/// <summary>A local APIC's timer: counts down from a value in nanoseconds times a divider, once or again and again.</summary>
/// <remarks>
/// The owner sets it; it expires on a thread of the clock, which marks that and asks the vCPU to look. The count is computed
/// from the clock when it is read, so it is exact however coarse the host's timers are; an expiry may come later than the
/// count says by their resolution, never earlier. Expiries that the owner has not seen are one.
/// </remarks>
sealed class ApicTimer
{
    const long NanosecondsPerSecond = 1_000_000_000;

    // As KVM's min_timer_period_us: a guest cannot ask for more ticks than that.
    const long ShortestPeriod = 200_000;

    readonly LocalApic _apic;
    readonly TimeProvider _clock;
    readonly long _origin;
    readonly Lock _setting = new();

    // Guarded by _setting; a target of 0 is none:
    ITimer? _alarm;
    long _period;
    long _target;
    int _divider = 2;
    bool _isPeriodic;

    // Set by the alarm, taken by the owner.
    int _expired;

    internal ApicTimer(LocalApic apic, TimeProvider clock)
    {
        _apic = apic;
        _clock = clock;
        _origin = clock.GetTimestamp();
    }

    /// <summary>What is left of the count.</summary>
    internal uint Remaining
    {
        get
        {
            lock (_setting)
            {
                if (_period == 0 || _target == 0)
                    return 0;
                long left = Math.Max(_target - Now, 0);
                return (uint)(left % _period / _divider);
            }
        }
    }

    // Nanoseconds since the timer was made, and one.
    long Now => 1 + (long)((Int128)(_clock.GetTimestamp() - _origin) * NanosecondsPerSecond / _clock.TimestampFrequency);

    /// <summary>Starts counting from a value; 0 stops it.</summary>
    internal void Start(uint count) => Resume(count, count);

    /// <summary>Goes on counting down.</summary>
    /// <param name="initial">Where it began, and begins again if it is periodic; 0 stops it.</param>
    /// <param name="current">Where it is; 0 for where it began.</param>
    internal void Resume(uint initial, uint current)
    {
        lock (_setting)
        {
            Volatile.Write(ref _expired, 0);
            _period = Bounded((long)initial * _divider);
            long first = current == 0 || current > initial ? _period : (long)current * _divider;
            _target = initial == 0 ? 0 : Now + first;
            Arm();
        }
    }

    internal void Stop() => Start(0);

    /// <summary>Whether it begins again each time. The count that runs goes on.</summary>
    internal void SetPeriodic(bool isPeriodic)
    {
        lock (_setting)
        {
            _isPeriodic = isPeriodic;
            _period = Bounded(_period);
        }
    }

    /// <summary>Changes the divider: what is left of the count stays as it is, and takes longer or shorter.</summary>
    internal void SetDivider(int divider)
    {
        lock (_setting)
        {
            if (divider == _divider)
                return;
            if (_period != 0 && _target != 0)
            {
                long now = Now;
                long left = Math.Max(_target - now, 0);
                _period = Bounded(_period / _divider * divider);
                _target = now + (left / _divider * divider);
                _divider = divider;
                Arm();
            }
            _divider = divider;
        }
    }

    /// <summary>Takes the mark that it has expired.</summary>
    internal bool TakeExpired() => Volatile.Read(ref _expired) != 0 && Interlocked.Exchange(ref _expired, 0) != 0;

    long Bounded(long period) => _isPeriodic && period != 0 ? Math.Max(period, ShortestPeriod) : period;

    // The alarm knows the timer only weakly: a machine that nobody holds any more is not kept by its ticks.
    void Arm()
    {
        if (_target == 0)
        {
            _alarm?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }
        _alarm ??= _clock.CreateTimer(
            static state =>
            {
                if (((WeakReference<ApicTimer>)state!).TryGetTarget(out ApicTimer? timer))
                    timer.Expire();
            },
            new WeakReference<ApicTimer>(this), Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // The host's timers count milliseconds: up, since this one never comes too early.
        long milliseconds = (Math.Max(_target - Now, 0) + 999_999) / 1_000_000;
        _alarm.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }

    void Expire()
    {
        lock (_setting)
        {
            if (_target == 0 || _apic.Vcpu.Machine.IsDead)
                return;
            long now = Now;
            if (now < _target)
            {
                // It was set anew meanwhile.
                Arm();
                return;
            }
            if (_isPeriodic)
            {
                _target += ((now - _target) / _period * _period) + _period;
                Arm();
            }
            else
            {
                _target = 0;
            }
            Volatile.Write(ref _expired, 1);
        }
        // Pairs with ServeTimer: the mark comes before the request, which has a full fence.
        _apic.Vcpu.MakeRequest(LocalApic.EventRequest);
    }
}
