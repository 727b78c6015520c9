using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>A vCPU that reads one page on a thread of its own until it is disposed.</summary>
sealed class RunningVcpu : IDisposable
{
    readonly Thread _thread;
    bool _over;
    long _reads;

    internal RunningVcpu(VirtualMachine machine, Vcpu vcpu, Gpa gpa)
    {
        Machine = machine;
        _thread = new Thread(() =>
        {
            while (!vcpu.TryEnterGuest())
            {
            }
            while (!Volatile.Read(ref _over))
            {
                vcpu.Memory.TryRead(gpa, out ulong _);
                Volatile.Write(ref _reads, _reads + 1);
            }
            vcpu.ExitGuest();
        })
        { IsBackground = true };
        _thread.Start();
        var spin = new SpinWait();
        while (Volatile.Read(ref _reads) == 0)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    internal VirtualMachine Machine { get; }

    public void Dispose()
    {
        Volatile.Write(ref _over, true);
        _thread.Join();
    }
}
