using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>A machine with memory in equal slots, and vCPUs that each go over a part of it when they are told.</summary>
sealed class DirtyMachine : IDisposable
{
    readonly DirtyPerfOptions _options;
    readonly AnonymousMemory _memory;
    readonly Thread[] _threads;
    readonly Barrier _meeting;

    // Rings that are nearly full wait here for the host.
    readonly AutoResetEvent _ringFull = new(false);
    readonly ManualResetEventSlim _ringsReset = new(false);
    readonly CountdownEvent _working;

    // Pages that are written, in parts of 2^16; changed only while the vCPUs wait.
    uint _written;
    bool _over;

    // Set by a vCPU whose accesses do not all end in memory; read when all have come back.
    string? _failure;

    internal DirtyMachine(DirtyPerfOptions options, bool useRings)
    {
        _options = options;
        _memory = AnonymousMemory.Create(options.Pages << Page.Shift);
        Machine = new VirtualMachine();
        if (useRings)
            Machine.DirtyTracking.TryEnableRings(RingBytes);
        ulong pagesPerSlot = options.Pages / (ulong)options.Slots;
        for (int slot = 0; slot < options.Slots; slot++)
        {
            ulong first = (ulong)slot * pagesPerSlot;
            ulong pages = slot == options.Slots - 1 ? options.Pages - first : pagesPerSlot;
            Machine.Slots.Add(new Gpa(first << Page.Shift), _memory, first << Page.Shift, pages << Page.Shift);
        }
        _meeting = new Barrier(options.Vcpus + 1);
        _working = new CountdownEvent(options.Vcpus);
        _threads = new Thread[options.Vcpus];
        for (int index = 0; index < options.Vcpus; index++)
        {
            Vcpu vcpu = Machine.Vcpus.Create(new VcpuId((uint)index));
            _threads[index] = new Thread(() => Run(vcpu)) { IsBackground = true };
            _threads[index].Start();
        }
    }

    internal const ulong RingBytes = 1UL << 20;

    internal VirtualMachine Machine { get; }

    /// <summary>Lets every vCPU go over its memory once.</summary>
    /// <param name="writeFraction">Pages that are written, as a part of all.</param>
    /// <param name="reset">What is to be done when a ring is nearly full.</param>
    /// <exception cref="PerfTestException">An access did not end in memory.</exception>
    internal void GoOver(double writeFraction, Action? reset = null)
    {
        _written = (uint)(writeFraction * (1 << 16));
        _working.Reset();
        _meeting.SignalAndWait();
        WaitHandle[] events = [_working.WaitHandle, _ringFull];
        while (WaitHandle.WaitAny(events) == 1)
        {
            _ringsReset.Reset();
            reset?.Invoke();
            _ringsReset.Set();
        }
        if (_failure is not null)
            throw new PerfTestException(_failure);
    }

    public void Dispose()
    {
        _over = true;
        _meeting.SignalAndWait();
        foreach (Thread thread in _threads)
            thread.Join();
        Machine.Dispose();
        _memory.Dispose();
        _meeting.Dispose();
        _working.Dispose();
        _ringFull.Dispose();
        _ringsReset.Dispose();
    }

    void Run(Vcpu vcpu)
    {
        while (true)
        {
            _meeting.SignalAndWait();
            if (_over)
                return;
            GoOver(vcpu);
            _working.Signal();
        }
    }

    void GoOver(Vcpu vcpu)
    {
        ulong first = (ulong)vcpu.Index.Value * _options.PagesPerVcpu;
        Enter(vcpu);
        for (ulong page = 0; page < _options.PagesPerVcpu; page++)
        {
            if (vcpu.NeedsExit)
            {
                vcpu.ExitGuest();
                Enter(vcpu);
            }
            var gpa = new Gpa((first + page) << Page.Shift);
            // A hash of the number spreads the pages that are written.
            bool write = (unchecked((uint)page * 0x9E37_79B9u) >> 16) < _written;
            if (write ? !vcpu.Memory.TryWrite(gpa, page) : !vcpu.Memory.TryRead(gpa, out ulong _))
                _failure = $"the guest's access to {gpa} ended as {vcpu.Memory.Fault.Kind}";
        }
        vcpu.ExitGuest();
    }

    void Enter(Vcpu vcpu)
    {
        while (!vcpu.TryEnterGuest())
        {
            while (vcpu.TryTakeRequest(out int _))
            {
            }
            if (vcpu.DirtyRing is { IsSoftFull: true })
            {
                _ringFull.Set();
                _ringsReset.Wait();
            }
        }
    }
}
