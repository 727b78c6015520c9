using System;
using System.Runtime.ExceptionServices;
using System.Threading;
using Xunit.Sdk;

namespace KvmSharp.Tests.Machines;

/// <summary>A thread of a test. What it throws is thrown again where it is joined.</summary>
sealed class Background : IDisposable
{
    static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    readonly Thread _thread;
    ExceptionDispatchInfo? _failure;

    Background(Action work)
    {
        _thread = new Thread(() => Guard(work)) { IsBackground = true };
        _thread.Start();
    }

    public static Background Run(Action work) => new(work);

    public bool IsDone => !_thread.IsAlive;

    /// <summary>Whether the thread waits for a lock or an event.</summary>
    public bool IsWaiting => (_thread.ThreadState & ThreadState.WaitSleepJoin) != 0;

    /// <summary>Waits for an event that must come; polls, since what is watched has no event of its own.</summary>
    public static void Until(Func<bool> condition)
    {
        if (!SpinWait.SpinUntil(condition, _patience))
            throw new XunitException("it never came");
    }

    /// <summary>Waits for an event that must come.</summary>
    public static void Wait(WaitHandle signal)
    {
        if (!signal.WaitOne(_patience))
            throw new XunitException("it never came");
    }

    /// <summary>Waits for the end.</summary>
    public void Join()
    {
        if (!_thread.Join(_patience))
            throw new XunitException("the thread did not end");
        _failure?.Throw();
    }

    public void Dispose() => Join();

    void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
        }
    }
}
