using KvmSharp.X86.Events;
using KvmSharp.X86.Paging;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// Breakpoints, watchpoints and single steps: the guest's own by DR7 and TF, and a debugger's outside.
partial class Cpu
{
    // Watchpoints that the instruction under way has touched, as bits of DR6.
    ulong _watchHits;

    // An interrupt instruction was executed: its handler is not traced.
    bool _suppressesTrap;

    // TF, as the instruction that is executed by itself goes by it.
    bool _stepsByFlag;

    /// <summary>What a debugger outside the guest asked for.</summary>
    internal DebuggerSettings Debugger { get; private set; }

    /// <summary>DR6 as a debugger's exit reports it.</summary>
    internal ulong DebuggerDr6 { get; private set; }

    /// <summary>Takes up what a debugger asks for.</summary>
    internal void SetDebugger(in DebuggerSettings settings)
    {
        Debugger = settings;
        UpdateMode();
    }

    bool MustStep => (State.SystemFlags & (RFlags.TF | RFlags.RF)) != 0
        || State.Shadow != InterruptShadow.None
        || DeviceLog.IsActive
        || _stepsNext
        || ChecksAccesses
        || Debugger.SingleStep
        || HasBreakpoints(isExecute: true);

    bool HasDataBreakpoints => HasBreakpoints(isExecute: false);

    internal ulong ActiveDr7 => Debugger.UsesBreakpoints ? Debugger.Dr7 : State.Dr7;

    bool HasBreakpoints(bool isExecute)
    {
        ulong dr7 = ActiveDr7;
        if ((dr7 & DebugBits.Enables) == 0)
            return false;
        for (int index = 0; index < 4; index++)
        {
            if (DebugBits.IsEnabled(dr7, index) && DebugBits.KindOf(dr7, index) == 0 == isExecute)
                return true;
        }
        return false;
    }

    ulong BreakpointAddress(int index) =>
        Debugger.UsesBreakpoints ? Debugger.Addresses[index] : State.BreakpointAddress[index];

    // An instruction breakpoint is a fault: before the instruction.
    bool MeetsInstructionBreakpoint()
    {
        ulong dr7 = ActiveDr7;
        if ((dr7 & DebugBits.Enables) == 0 || (State.SystemFlags & RFlags.RF) != 0 || DeviceLog.IsActive)
            return false;
        ulong linear = Mode == Blocks.CodeMode.Bits64 ? Rip : (uint)(State.Segments[(int)SegmentName.Cs].Base + Rip);
        ulong hits = 0;
        for (int index = 0; index < 4; index++)
        {
            if (DebugBits.IsEnabled(dr7, index) && DebugBits.KindOf(dr7, index) == 0 && BreakpointAddress(index) == linear)
                hits |= 1UL << index;
        }
        if (hits == 0)
            return false;
        // The handler returns to the instruction itself, past the breakpoint.
        if (!Debugger.UsesBreakpoints)
            State.SystemFlags |= RFlags.RF;
        ReportDebug(hits);
        return true;
    }

    /// <summary>Notes watchpoints that an access touches; the trap comes when the instruction is done.</summary>
    void NoteDataBreakpoints(ulong linear, int bytes, AccessKind kind)
    {
        ulong dr7 = ActiveDr7;
        for (int index = 0; index < 4; index++)
        {
            int watched = DebugBits.KindOf(dr7, index);
            if (!DebugBits.IsEnabled(dr7, index) || watched == 0 || (watched == 1 && kind == AccessKind.Read))
                continue;
            ulong length = (ulong)DebugBits.LengthOf(dr7, index);
            ulong start = BreakpointAddress(index) & ~(length - 1);
            if (linear < start + length && linear + (ulong)bytes > start)
                _watchHits |= 1UL << index;
        }
    }

    /// <summary>
    /// Makes SYSCALL or SYSRET trap by the TF that it loads, not by the one before it: a kernel that masks the flag is not
    /// stepped into, and the step is made up for when it returns.
    /// </summary>
    /// <returns><see langword="false"/> when the instruction has to be executed again for that, by itself.</returns>
    internal bool TryStepByLoadedFlags(ulong flags)
    {
        bool steps = (flags & RFlags.TF) != 0;
        if (steps && !_single)
        {
            _stepsNext = true;
            Stop = StopReason.Again;
            return false;
        }
        _stepsByFlag = steps;
        return true;
    }

    /// <summary>After an instruction is done: watchpoints and single steps are traps.</summary>
    void RaiseDebugTraps()
    {
        // A load of SS holds them back, so that what loads the stack pointer next is not cut off; the step is lost.
        bool waits = State.Shadow == InterruptShadow.MovSs;
        ulong hits = waits ? 0 : _watchHits | (_stepsByFlag && !_suppressesTrap ? DebugBits.BS : 0);
        if (!waits)
            _watchHits = 0;
        _suppressesTrap = false;
        if (Exit != ExitKind.None)
            return;
        if (Debugger.SingleStep)
        {
            DebuggerDr6 = DebugBits.Dr6AlwaysSet | hits | DebugBits.BS;
            Exit = ExitKind.Debug;
        }
        else if (hits != 0)
        {
            ReportDebug(hits);
        }
    }

    void ReportDebug(ulong hits)
    {
        if (Debugger.UsesBreakpoints)
        {
            DebuggerDr6 = DebugBits.Dr6AlwaysSet | hits;
            Exit = ExitKind.Debug;
            PendingFault = new PendingFault(Vector.Debug, 0, HasError: false);
            return;
        }
        State.Dr6 = (State.Dr6 & ~DebugBits.Hits) | hits;
        PendingFault = new PendingFault(Vector.Debug, 0, HasError: false);
        DeliverFault();
    }
}
