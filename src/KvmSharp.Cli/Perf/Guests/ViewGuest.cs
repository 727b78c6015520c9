using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Perf;

/// <summary>What executes a test's guest program: a vCPU in guest mode, and the few instructions the programs need.</summary>
sealed class GuestCpu
{
    const int PollsBeforePause = 1 << 14;

    readonly Vcpu _vcpu;
    readonly GuestMemory _memory;
    readonly MmioRule _rule;

    internal GuestCpu(Vcpu vcpu, MmioRule rule)
    {
        _vcpu = vcpu;
        _memory = vcpu.Memory;
        _rule = rule;
    }

    internal bool ShouldExit => Read(SyncPage.GpaOf(SyncPage.ExitFlag)) != 0;

    internal void Enter()
    {
        while (!_vcpu.TryEnterGuest())
        {
            // Nobody asks a test's vCPU for anything that entering does not serve by itself.
            if (_vcpu.Machine.IsDead)
                throw new PerfTestException("the machine died under the guest");
        }
    }

    internal void Exit() => _vcpu.ExitGuest();

    internal ulong Read(Gpa gpa)
    {
        if (_vcpu.NeedsExit)
            ExitAndEnter();
        if (!_memory.TryRead(gpa, out ulong value))
            LeaveForAccess();
        return value;
    }

    internal void Write(Gpa gpa, ulong value)
    {
        if (_vcpu.NeedsExit)
            ExitAndEnter();
        if (!_memory.TryWrite(gpa, value))
            LeaveForAccess();
    }

    /// <summary>Writes a value at the start of each of some pages.</summary>
    internal void WritePages(ulong page, ulong count, ulong value)
    {
        Gpa end = ArenaLayout.GpaOf(page + count);
        for (Gpa gpa = ArenaLayout.GpaOf(page); gpa < end; gpa += Page.Size)
            Write(gpa, value);
    }

    internal void WaitForStart()
    {
        int polls = 0;
        while (Read(SyncPage.GpaOf(SyncPage.StartFlag)) == 0 && !ShouldExit)
            PauseAfterMany(ref polls);
    }

    /// <summary>Meets the host.</summary>
    /// <returns><see langword="false"/> when the host wants the guest to end instead.</returns>
    internal bool Sync()
    {
        Gpa flag = SyncPage.GpaOf(SyncPage.SyncFlag);
        int polls = 0;
        while (!ShouldExit)
        {
            // Pairs with SyncPage.Sync().
            if (!_memory.TryCompareExchange(flag, 0UL, 1UL, out ulong found))
                LeaveForAccess();
            if (found == 1)
                return true;
            PauseAfterMany(ref polls);
        }
        return false;
    }

    // A guest that spins for long leaves the core to others, as a processor's pause-loop exiting makes it do.
    static void PauseAfterMany(ref int polls)
    {
        if (++polls < PollsBeforePause)
            return;
        polls -= PollsBeforePause >> 4;
        Thread.Yield();
    }

    void ExitAndEnter()
    {
        Exit();
        Enter();
    }

    // An access that finds no memory is an exit: the host looks at it and lets the guest go on after it.
    void LeaveForAccess()
    {
        Exit();
        ref readonly GuestFault fault = ref _memory.Fault;
        if (!_rule.Allows(fault))
        {
            string access = fault.IsWrite ? "write" : "read";
            throw new PerfTestException(
                $"guest {access} of {fault.Length} bytes at {fault.Gpa} ended in {fault.Kind}; {_rule.Describe()}");
        }
        Enter();
    }
}
