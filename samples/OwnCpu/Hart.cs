using System.Threading;
using KvmSharp;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace OwnCpu;

/// <summary>A vCPU of the library, a CPU of our own, and the thread that drives one with the other.</summary>
sealed class Hart
{
    const int A0 = 10;

    readonly Vcpu _vcpu;
    readonly Cpu _cpu;
    readonly IMmioDevice _devices;
    readonly Thread _thread;
    bool _interrupted;
    long _retired;

    public Hart(VirtualMachine machine, uint number, Gpa start, IMmioDevice devices)
    {
        _vcpu = machine.Vcpus.Create(new VcpuId(number));
        _cpu = new Cpu(_vcpu.Memory) { Pc = start.Value, [A0] = number };
        _devices = devices;
        _thread = new Thread(Run) { Name = $"hart {number}", IsBackground = true };
    }

    /// <summary>Why it ended; meaningful when <see cref="Join"/> has returned true.</summary>
    public CpuExit Outcome { get; private set; }

    /// <summary>Instructions completed when it last left guest mode; from any thread.</summary>
    public long Retired => Volatile.Read(ref _retired);

    public ulong Pc => _cpu.Pc;

    public void Start() => _thread.Start();

    public bool Join(int milliseconds) => _thread.Join(milliseconds);

    /// <summary>Makes the hart leave guest mode for a moment, which brings <see cref="Retired"/> up to date.</summary>
    public void Kick() => _vcpu.Kick();

    /// <summary>Makes the hart give up, even if it sleeps. A request is never lost; a kick may come too early.</summary>
    public void Stop() => _vcpu.MakeRequest(Requests.Stop);

    void Run()
    {
        while (true)
        {
            // 1. Outside guest mode: serve what was asked.
            if (_vcpu.TakeRequest(Requests.Stop) || _vcpu.HasRequest(VcpuRequest.MachineDead))
            {
                Outcome = CpuExit.Attention;
                return;
            }
            _interrupted |= _vcpu.TakeRequest(Requests.Interrupt);

            // 2. Enter, unless something was asked since: then serve that first.
            if (!_vcpu.TryEnterGuest())
                continue;

            // 3. In guest mode: execute.
            CpuExit exit = _cpu.Run(_vcpu);
            _vcpu.ExitGuest();
            Volatile.Write(ref _retired, _cpu.Retired);

            // 4. Outside again: do what the guest cannot do itself.
            switch (exit)
            {
                case CpuExit.Attention:
                    break;
                case CpuExit.Mmio:
                    _cpu.CompleteMmio(_devices);
                    break;
                case CpuExit.WaitForInterrupt:
                    Wait();
                    _cpu.Skip();
                    break;
                default:
                    Outcome = exit;
                    return;
            }
        }
    }

    // Any request ends the wait, and wfi may end without an interrupt: the guest looks again.
    void Wait()
    {
        if (!_interrupted)
            _vcpu.WaitForRequest(Timeout.InfiniteTimeSpan);
        _interrupted = false;
    }
}
