using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.X86;

/// <summary>
/// Where one CPU of a machine does something while the others stand still: what no atomic operation of the host can do,
/// as a locked access across a page, or one of 16 bytes.
/// </summary>
/// <remarks>
/// A CPU joins before it runs guest code and leaves after. It enters from within an instruction; the others are asked to
/// stand aside, and do so at the end of their blocks. Two that enter at once go one after the other, since one that waits
/// to enter stands still as well.
/// </remarks>
sealed class ExclusiveSection
{
    readonly object _gate = new();

    // Guarded by _gate:
    readonly List<Vcpu> _vcpus = [];
    int _running;
    bool _held;

    /// <summary>What CPUs are asked.</summary>
    internal static VcpuRequest Request { get; } = VcpuRequest.Architectural(8, VcpuRequestOptions.NoWakeup);

    /// <summary>A CPU is there that may have to be asked.</summary>
    internal void Add(Vcpu vcpu)
    {
        lock (_gate)
            _vcpus.Add(vcpu);
    }

    /// <summary>A CPU is about to run guest code.</summary>
    internal void Join()
    {
        lock (_gate)
            Go();
    }

    /// <summary>A CPU no longer runs guest code.</summary>
    internal void Leave()
    {
        lock (_gate)
            Halt();
    }

    /// <summary>A CPU that was asked stands still until it may go on.</summary>
    internal void StandAside()
    {
        lock (_gate)
        {
            Halt();
            Go();
        }
    }

    /// <summary>Waits until all others stand still; they do until the scope is disposed of.</summary>
    /// <param name="cpu">A CPU that has joined, in the middle of an instruction.</param>
    internal Scope Enter(Cpu cpu)
    {
        lock (_gate)
        {
            Halt();
            while (_held)
                Monitor.Wait(_gate);
            _held = true;
            foreach (Vcpu other in _vcpus)
            {
                if (!ReferenceEquals(other, cpu.Vcpu))
                    other.MakeRequest(Request);
            }
            while (_running != 0)
                Monitor.Wait(_gate);
        }
        return new Scope(this);
    }

    void Exit()
    {
        lock (_gate)
        {
            _held = false;
            _running++;
            Monitor.PulseAll(_gate);
        }
    }

    void Go()
    {
        while (_held)
            Monitor.Wait(_gate);
        _running++;
    }

    void Halt()
    {
        _running--;
        Monitor.PulseAll(_gate);
    }

    /// <summary>The time in which the others stand still.</summary>
    internal readonly ref struct Scope(ExclusiveSection section) : IDisposable
    {
        public void Dispose() => section.Exit();
    }
}
