using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>A vCPU thread that reads one word again and again and counts what it gets.</summary>
sealed class LiveReader : IDisposable
{
    public const uint Stale = 2;

    readonly Vcpu _vcpu;
    readonly Gpa _word;
    readonly bool _polls;
    readonly Background _thread;
    bool _stop;
    long _reads;
    long _mmio;

    /// <param name="vcpu">The vCPU; this owns it.</param>
    /// <param name="word">What it reads.</param>
    /// <param name="polls">Whether it ever looks at <see cref="Vcpu.NeedsExit"/>; if not, it never leaves guest mode.</param>
    public LiveReader(Vcpu vcpu, Gpa word, bool polls = true)
    {
        _vcpu = vcpu;
        _word = word;
        _polls = polls;
        _thread = Background.Run(Loop);
    }

    public long Ones { get; private set; }

    public long Zeros { get; private set; }

    public long HostFaults { get; private set; }

    public long Others { get; private set; }

    public long MmioExits => Volatile.Read(ref _mmio);

    public long MmioElsewhere { get; private set; }

    /// <summary>Waits until the guest has come a little further, so that both sides get somewhere.</summary>
    public void LetRun()
    {
        long seen = Volatile.Read(ref _reads);
        Background.Until(() => Volatile.Read(ref _reads) > seen + 10 || _thread.IsDone);
    }

    public void Stop()
    {
        Volatile.Write(ref _stop, true);
        _thread.Join();
    }

    public void Dispose() => Stop();

    void Loop()
    {
        while (!Volatile.Read(ref _stop))
        {
            if (!_vcpu.TryEnterGuest())
                continue;
            while (!Volatile.Read(ref _stop) && !(_polls && _vcpu.NeedsExit))
                ReadOnce();
            _vcpu.ExitGuest();
        }
    }

    void ReadOnce()
    {
        if (_vcpu.Memory.TryRead(_word, out uint value))
        {
            if (value == 1)
                Ones++;
            else if (value == 0)
                Zeros++;
            else
                Others++;
        }
        else if (_vcpu.Memory.Fault.Kind == GuestAccessKind.HostFault)
        {
            HostFaults++;
        }
        else
        {
            Assert.Equal(GuestAccessKind.Mmio, _vcpu.Memory.Fault.Kind);
            Volatile.Write(ref _mmio, _mmio + 1);
            if (_vcpu.Memory.Fault.FragmentCount != 1 || _vcpu.Memory.Fault.Fragment(0).Gpa != _word)
                MmioElsewhere++;
        }
        Volatile.Write(ref _reads, _reads + 1);
    }
}
