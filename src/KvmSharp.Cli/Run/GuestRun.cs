using System;
using System.Linq;
using System.Threading;
using KvmSharp.Backends;
using KvmSharp.Cli.Run.Devices;

namespace KvmSharp.Cli.Run;

/// <summary>Runs a machine's vCPUs, each on a thread of its own, until the guest ends or is ended.</summary>
sealed class GuestRun
{
    readonly IVcpu[] _vcpus;
    readonly PortBus _ports;
    readonly InstructionTrace? _trace;

    // Written once, by whoever comes first; read by all. See End.
    GuestEnd? _end;

    /// <param name="vcpus">The vCPUs, ready to run.</param>
    /// <param name="terminal">Where the serial line goes to.</param>
    /// <param name="input">Where the serial line comes from.</param>
    /// <param name="trace">Where each instruction is written to, if that was asked for.</param>
    internal GuestRun(IVcpu[] vcpus, Terminal terminal, System.IO.Stream? input, InstructionTrace? trace)
    {
        _vcpus = vcpus;
        _trace = trace;
        Exits = [.. vcpus.Select(_ => new ExitCounts())];
        _ports = new PortBus(
        [
            new SerialPort(terminal.Out, input),
            new ExitPort(code => End(new GuestEnd(GuestEndKind.Guest, code))),
            new PowerPort(code => End(new GuestEnd(GuestEndKind.Guest, code))),
        ]);
    }

    /// <summary>Exits of each vCPU; to be read when the run is over.</summary>
    internal ExitCounts[] Exits { get; }

    /// <summary>Runs the guest to its end.</summary>
    /// <param name="timeout">How long it may take; none for ever.</param>
    /// <param name="interruption">Ends it early.</param>
    internal GuestEnd ToEnd(TimeSpan? timeout, CancellationToken interruption)
    {
        using CancellationTokenRegistration interrupted = interruption.Register(
            () => End(new GuestEnd(GuestEndKind.Interruption, Message: "interrupted")));
        using var timer = new Timer(
            _ => End(new GuestEnd(GuestEndKind.Timeout, Message: $"the guest has not ended within {timeout!.Value.TotalSeconds} s")));
        if (timeout is { } limit)
            timer.Change(limit, Timeout.InfiniteTimeSpan);

        // The first vCPU runs on this thread: one of its own would gain nothing.
        Thread[] threads = [.. Enumerable.Range(1, _vcpus.Length - 1).Select(index =>
            new Thread(() => Drive(index)) { Name = $"vCPU {index}" })];
        foreach (Thread thread in threads)
            thread.Start();
        Drive(0);
        foreach (Thread thread in threads)
            thread.Join();
        // All have halted, and no device is left that could wake them.
        return Volatile.Read(ref _end) ?? new GuestEnd(GuestEndKind.Guest);
    }

    // The first end is the one that counts.
    void End(GuestEnd end)
    {
        // Pairs with the read in Drive: who is kicked, and returns from its run, finds the end.
        if (Interlocked.CompareExchange(ref _end, end, null) is not null)
            return;
        foreach (IVcpu vcpu in _vcpus)
            vcpu.Kick();
    }

    void Drive(int index)
    {
        IVcpu vcpu = _vcpus[index];
        try
        {
            _trace?.Begin(vcpu);
            while (Volatile.Read(ref _end) is null)
            {
                VcpuExit exit = vcpu.Run();
                Exits[index].Add(exit.Reason);
                if (!Serve(vcpu, exit))
                    return;
            }
        }
        catch (KvmException exception)
        {
            End(new GuestEnd(GuestEndKind.Crash, Message: $"vCPU {index}: {exception.Message}"));
        }
    }

    // Whether the vCPU goes on.
    bool Serve(IVcpu vcpu, in VcpuExit exit)
    {
        switch (exit.Reason)
        {
            case VcpuExitReason.Io:
                _trace?.Exit(vcpu, exit);
                _ports.Serve(exit);
                return true;
            case VcpuExitReason.Mmio:
                _trace?.Exit(vcpu, exit);
                // Nothing is there: reads find ones, writes go nowhere.
                if (!exit.Mmio.IsWrite)
                    exit.Data.Fill(byte.MaxValue);
                return true;
            case VcpuExitReason.Hypercall:
                _trace?.Exit(vcpu, exit);
                // KVM's answer to a call it does not know: -ENOSYS.
                BitConverter.TryWriteBytes(exit.Data, -(long)KvmErrno.ENOSYS);
                return true;
            case VcpuExitReason.Debug when _trace is not null:
                _trace.Step(vcpu);
                return true;
            case VcpuExitReason.Intr or VcpuExitReason.IrqWindowOpen:
                return true;
            case VcpuExitReason.Hlt:
                // No device raises interrupts, so nothing will ever wake it.
                return false;
            case VcpuExitReason.SystemEvent when exit.SystemEvent.Kind == SystemEventKind.Shutdown:
                End(new GuestEnd(GuestEndKind.Guest));
                return false;
            default:
                End(new GuestEnd(GuestEndKind.Crash, Message: Describe(vcpu, exit)));
                return false;
        }
    }

    static string Describe(IVcpu vcpu, in VcpuExit exit)
    {
        string what = exit.Reason == VcpuExitReason.Shutdown ? "a triple fault" : exit.ToString();
        vcpu.GetRegs(out KvmRegs regs);
        vcpu.GetSregs(out KvmSregs sregs);
        return $"vCPU {vcpu.Id.Value}: {what} at {sregs.Cs.Selector:x4}:{regs.Rip:x}";
    }
}
