using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace KvmSharp.Cli.Perf.Guests;

/// <summary>The thread that runs a guest program.</summary>
sealed class GuestThread
{
    readonly IGuest _guest;
    readonly MmioRule _rule;
    readonly Func<IReadOnlyList<GuestStep>> _program;
    readonly Thread _thread;
    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Written by the guest's thread, read by the host's with Volatile.Read.
    string? _failure;

    GuestThread(IGuest guest, MmioRule rule, Func<IReadOnlyList<GuestStep>> program)
    {
        _guest = guest;
        _rule = rule;
        _program = program;
        _thread = new Thread(Run) { IsBackground = true, Name = "vCPU" };
    }

    /// <summary>Starts a guest that waits for the start flag; returns when it does.</summary>
    internal static GuestThread Launch(IGuest guest, MmioRule rule, Func<IReadOnlyList<GuestStep>> program)
    {
        var thread = new GuestThread(guest, rule, program);
        thread._thread.Start();
        thread._ready.Task.Wait();
        return thread;
    }

    internal void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
            throw new PerfTestException(failure);
    }

    /// <summary>Waits for the guest to end, which it does when it sees the exit flag.</summary>
    /// <returns>Whether it did.</returns>
    internal bool Join(TimeSpan timeout) => _thread.Join(timeout);

    void Run()
    {
        try
        {
            _guest.Run(_program(), _rule, _ready.SetResult);
        }
        catch (PerfTestException exception)
        {
            Volatile.Write(ref _failure, exception.Message);
        }
#pragma warning disable CA1031 // Whatever ends the guest ends the test, and is reported by the host's thread.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Volatile.Write(ref _failure, $"the guest ended with {exception.GetType().Name}: {exception.Message}");
        }
        finally
        {
            _ready.TrySetResult();
        }
    }
}
