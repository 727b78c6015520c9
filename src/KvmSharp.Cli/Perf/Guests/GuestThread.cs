using System;
using System.Threading;
using System.Threading.Tasks;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Perf;

/// <summary>The thread that runs a guest program on a vCPU.</summary>
sealed class GuestThread
{
    readonly GuestCpu _cpu;
    readonly Action<GuestCpu> _program;
    readonly Thread _thread;
    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Written by the guest's thread, read by the host's with Volatile.Read.
    string? _failure;

    GuestThread(Vcpu vcpu, MmioRule rule, Action<GuestCpu> program)
    {
        _cpu = new GuestCpu(vcpu, rule);
        _program = program;
        _thread = new Thread(Run) { IsBackground = true, Name = "vCPU" };
    }

    /// <summary>Starts a guest that waits for the start flag; returns when it is in guest mode.</summary>
    internal static GuestThread Launch(Vcpu vcpu, MmioRule rule, Action<GuestCpu> program)
    {
        var guest = new GuestThread(vcpu, rule, program);
        guest._thread.Start();
        guest._ready.Task.Wait();
        return guest;
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
            _cpu.Enter();
            _ready.TrySetResult();
            _cpu.WaitForStart();
            _program(_cpu);
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
            _cpu.Exit();
            _ready.TrySetResult();
        }
    }
}
