using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Perf.Guests;

/// <summary>Executes guest programs in C#, on the vCPU's memory view, as somebody's own CPU would.</summary>
sealed class ViewGuest : IGuest
{
    const int PollsBeforePause = 1 << 14;

    readonly Vcpu _vcpu;
    readonly GuestMemory _memory;
    MmioRule _rule;

    internal ViewGuest(VirtualMachineOptions options)
    {
        Machine = new VirtualMachine(options);
        _vcpu = Machine.Vcpus.Create(new VcpuId(0));
        _memory = _vcpu.Memory;
    }

    /// <inheritdoc/>
    public VirtualMachine Machine { get; }

    /// <inheritdoc/>
    public void Run(IReadOnlyList<GuestStep> program, MmioRule rule, Action entered)
    {
        _rule = rule;
        Enter();
        try
        {
            entered();
            WaitForStart();
            while (program.Count > 0 && RunOnce(program))
            {
            }
        }
        finally
        {
            _vcpu.ExitGuest();
        }
    }

    public void Dispose() => Machine.Dispose();

    bool ShouldExit => Read(SyncPage.GpaOf(SyncPage.ExitFlag)) != 0;

    bool RunOnce(IReadOnlyList<GuestStep> program)
    {
        foreach (GuestStep step in program)
        {
            switch (step)
            {
                case GuestStep.WritePages pages:
                    WritePages(pages);
                    break;
                case GuestStep.CheckAndClear pages:
                    CheckAndClear(pages);
                    break;
                case GuestStep.Sync:
                    if (!Sync())
                        return false;
                    break;
                case GuestStep.LookForExit:
                    if (ShouldExit)
                        return false;
                    break;
                default:
                    throw new UnreachableException();
            }
        }
        return true;
    }

    void WritePages(GuestStep.WritePages pages)
    {
        ulong value = pages.Value;
        Gpa end = ArenaLayout.GpaOf(pages.Page + pages.Count);
        for (Gpa gpa = ArenaLayout.GpaOf(pages.Page); gpa < end; gpa += Page.Size)
            Write(gpa, value);
    }

    void CheckAndClear(GuestStep.CheckAndClear pages)
    {
        for (ulong page = pages.Page; page < pages.Page + pages.Count; page++)
        {
            Gpa gpa = ArenaLayout.GpaOf(page) + (ulong)pages.Offset;
            PerfHost.Expect("guest", page, pages.Expected, Read(gpa));
            Write(gpa, 0);
        }
    }

    void WaitForStart()
    {
        int polls = 0;
        while (Read(SyncPage.GpaOf(SyncPage.StartFlag)) == 0 && !ShouldExit)
            PauseAfterMany(ref polls);
    }

    bool Sync()
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

    ulong Read(Gpa gpa)
    {
        if (_vcpu.NeedsExit)
            ExitAndEnter();
        if (!_memory.TryRead(gpa, out ulong value))
            LeaveForAccess();
        return value;
    }

    void Write(Gpa gpa, ulong value)
    {
        if (_vcpu.NeedsExit)
            ExitAndEnter();
        if (!_memory.TryWrite(gpa, value))
            LeaveForAccess();
    }

    void Enter()
    {
        while (!_vcpu.TryEnterGuest())
        {
            // Nobody asks a test's vCPU for anything that entering does not serve by itself.
            if (Machine.IsDead)
                throw new PerfTestException("the machine died under the guest");
        }
    }

    void ExitAndEnter()
    {
        _vcpu.ExitGuest();
        Enter();
    }

    // An access that finds no memory is an exit: the host looks at it and lets the guest go on after it.
    void LeaveForAccess()
    {
        _vcpu.ExitGuest();
        ref readonly GuestFault fault = ref _memory.Fault;
        if (fault is not { Kind: GuestAccessKind.Mmio, FragmentCount: 1 }
            || fault.Fragment(0) is var access && !_rule.Allows(access.Gpa, access.Length, fault.IsWrite))
        {
            throw _rule.Violation(fault.Gpa, fault.Length, fault.IsWrite, fault.Kind.ToString());
        }
        Enter();
    }
}
