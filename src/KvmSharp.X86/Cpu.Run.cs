using System.Runtime.CompilerServices;
using System.Threading;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.HyperV;
using KvmSharp.Vcpus;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// The run loop: blocks while nothing happens, and what to do when something does.
partial class Cpu
{
    // The flush count of the memory view when code was last known to be unchanged but for writes that came by.
    long _flushesSeen = -1;

    // What is asked of this CPU.
    static readonly VcpuRequest[] _served =
    [
        ExclusiveSection.Request, CodeWritten, HyperVRequests.TlbFlush, HyperVRequests.TlbFlushGuest,
        VcpuRequest.DirtyRingSoftFull,
    ];

    // Set by anyone, taken off by the owner.
    int _interrupted;

    // Set by anyone.
    bool _exitsImmediately;

    /// <summary>In place of an operation's index: the end of a block.</summary>
    internal const int AtEnd = -1;

    // The operation of its block's body that stopped, or AtEnd.
    int _stoppedAt;

    // In single mode: whether the one instruction has been fetched.
    bool _singleTaken;

    /// <summary>The block after which the next is not known, or in which an operation stopped. RIP is where it starts, or the next.</summary>
    internal Block? StoppedIn { get; private set; }

    /// <summary>Why the run loop does not simply go on.</summary>
    internal StopReason Stop { get; set; }

    /// <summary>What the owner is told.</summary>
    internal ExitKind Exit { get; set; }

    /// <summary>
    /// What an operation that may have stored returns: false when the block cannot go on as it was decoded.
    /// </summary>
    internal bool Proceed { get; private set; } = true;

    /// <summary>Where the instruction that is being executed starts; for transfers.</summary>
    internal ulong CurrentRip { get; set; }

    /// <summary>Where a transfer goes on; starts as the instruction after it.</summary>
    internal ulong NextRip { get; set; }

    /// <summary>Instructions completed.</summary>
    internal long Instructions { get; private set; }

    /// <summary>The CPU leaves with <see cref="ExitKind.BudgetSpent"/> when so many instructions are done, or a block later.</summary>
    /// <remarks>An exception takes one off: code that does nothing but fault comes to an end, too.</remarks>
    internal long Budget { get; set; } = long.MaxValue;

    /// <summary>Instructions met that nobody knows.</summary>
    internal long UnknownInstructions { get; private set; }

    /// <summary>The last of them.</summary>
    internal Code LastUnknown { get; private set; }

    /// <summary>While this is set, a run ends as soon as the instruction that waited for an answer is done.</summary>
    internal bool ExitsImmediately
    {
        get => Volatile.Read(ref _exitsImmediately);
        set => Volatile.Write(ref _exitsImmediately, value);
    }

    /// <summary>Whether a repeated instruction is to stop after each round.</summary>
    internal bool IsStepping => _single;

    /// <summary>Notes where a run of blocks has come to an end.</summary>
    /// <param name="block">The block.</param>
    /// <param name="index">The operation in its body that stopped, or <see cref="AtEnd"/>.</param>
    internal void StopIn(Block block, int index)
    {
        StoppedIn = block;
        _stoppedAt = index;
    }

    /// <summary>Counts instructions that are done.</summary>
    internal void Complete(long instructions) => Instructions += instructions;

    /// <summary>
    /// Whether the next block may be executed at once: the poll for requests. What a flush took away may be what it was decoded
    /// from.
    /// </summary>
    /// <param name="uncounted">Instructions done and not counted yet.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool MayGoOn(long uncounted = 0) =>
        !Vcpu.NeedsExit && Memory.TlbFlushes == _flushesSeen && Instructions + uncounted < Budget;

    /// <summary>Runs until the owner has to do something: <see cref="Exit"/>.</summary>
    /// <remarks>The vCPU is outside guest mode before and after.</remarks>
    internal void Run()
    {
        Exit = ExitKind.None;
        Environment.Exclusive.Join();
        try
        {
            while (Exit == ExitKind.None)
                EnterGuest();
        }
        finally
        {
            Environment.Exclusive.Leave();
        }
    }

    void EnterGuest()
    {
        if (!Vcpu.TryEnterGuest())
        {
            ServeRequests();
            return;
        }
        while (Exit == ExitKind.None && !Vcpu.NeedsExit && PrepareEvents())
            RunInGuest();
        bool isAsked = Vcpu.NeedsExit;
        Vcpu.ExitGuest();
        if (Exit == ExitKind.HyperVCall)
            MakeHyperVCall();
        if (Exit != ExitKind.None)
            return;
        if (isAsked)
            ServeRequests();
        else if (MpState != KvmMpState.Runnable)
            WaitUntilAsked();
    }

    /// <summary>The offset in CS of something in the block that runs.</summary>
    internal ulong RipAt(int offset)
    {
        ulong rip = Rip + (ulong)offset;
        return Mode == CodeMode.Bits64 ? rip : (uint)rip;
    }

    internal void AdvanceRip(int bytes) => Rip = RipAt(bytes);

    /// <summary>Notes an instruction that is not known.</summary>
    internal void CountUnknown(Code code)
    {
        UnknownInstructions++;
        LastUnknown = code;
    }

    // A kick leaves no request behind, only the mark that PrepareEvents() finds. Requests that come meanwhile are served, too: none
    // is taken without what it asks for.
    void ServeRequests()
    {
        while (Vcpu.PendingRequests != 0)
        {
            if (Vcpu.HasRequest(VcpuRequest.MachineDead))
            {
                Exit = ExitKind.MachineDead;
                return;
            }
            if (Vcpu.TakeRequest(ExclusiveSection.Request))
                Environment.Exclusive.StandAside();
            else if (Vcpu.TakeRequest(CodeWritten))
                ServeForeignWrites();
            else if (Vcpu.HasRequest(HyperVRequests.TlbFlush) || Vcpu.HasRequest(HyperVRequests.TlbFlushGuest))
                ServeTlbFlush();
            else if (Vcpu.TakeRequest(VcpuRequest.DirtyRingSoftFull))
                Exit = ExitKind.DirtyRingFull;
            else
                TakeOther();
        }
    }

    // Others ask for nothing that this CPU would have to do. One of the above may have come just now: it is the next turn's.
    void TakeOther()
    {
        if (!Vcpu.TryTakeRequest(out int number))
            return;
        foreach (VcpuRequest served in _served)
        {
            if (served.Number == number)
                Vcpu.MakeRequest(served);
        }
    }

    /// <summary>Makes the run under way, or else the next one, end with <see cref="ExitKind.Interrupted"/>. Any thread.</summary>
    internal void Interrupt()
    {
        // Pairs with WantsStop: Kick has a full fence, and the owner looks once it has entered guest mode.
        Volatile.Write(ref _interrupted, 1);
        // A kick leaves nothing behind for a CPU that is about to wait.
        if (Apic is null)
            Vcpu.Kick();
        else
            Vcpu.MakeRequest(VcpuRequest.Unblock);
    }

    // Within guest mode: whoever sets the mark from here on sees that, and kicks.
    bool WantsStop()
    {
        if (Volatile.Read(ref _interrupted) == 0)
            return Volatile.Read(ref _exitsImmediately);
        // Pairs with Interrupt: what its caller wrote before is visible from here on.
        Interlocked.Exchange(ref _interrupted, 0);
        return true;
    }

    // Until something has to be looked at: events, requests, or the owner's business.
    void RunInGuest()
    {
        Stop = StopReason.None;
        Proceed = true;
        if (Memory.TlbFlushes != _flushesSeen)
        {
            // Slots or host memory may have changed under the code: pages are compared before they are used again.
            _flushesSeen = Memory.TlbFlushes;
            Epoch++;
        }
        _single = MustStep;
        _stepsNext = false;
        _singleTaken = false;
        if (_single)
            RunOne();
        else
            RunBlocks();
        _single = false;
    }

    void RunBlocks()
    {
        Block? block = FindNext();
        while (block is not null)
        {
            Block? next = block.Execute(this);
            if (next is null)
            {
                SettleBlock(StoppedIn!, _stoppedAt);
                return;
            }
            if (!MayGoOn())
                return;
            block = next;
        }
        Settle(null, isEnd: true);
    }

    void SettleBlock(Block block, int index)
    {
        if (index == AtEnd)
        {
            Instructions += block.Body.Length;
            Settle(block.End, isEnd: true);
            return;
        }
        Instructions += index;
        Settle(block.Body[index], isEnd: false);
    }

    void RunOne()
    {
        InterruptShadow shadow = State.Shadow;
        _stepsByFlag = (State.SystemFlags & RFlags.TF) != 0;
        ulong resume = State.SystemFlags & RFlags.RF;
        DeviceLog.Rewind();
        // Those of a load of SS wait for the instruction behind it.
        if (shadow != InterruptShadow.MovSs)
            _watchHits = 0;
        if (MeetsInstructionBreakpoint())
            return;
        Block? block = FindNext();
        _singleTaken = true;
        if (block is null)
        {
            Settle(null, isEnd: true);
            return;
        }

        // The instruction may cast a new one.
        State.Shadow = InterruptShadow.None;
        bool completed = block.Body.Length != 0 && !block.Body[0].Execute(this)
            ? Settle(block.Body[0], isEnd: false)
            : FinishOne(block);
        if (Stop is StopReason.DeviceExit or StopReason.FetchExit)
        {
            State.Shadow = shadow;
            return;
        }
        DeviceLog.Clear();
        if (completed)
        {
            // Good for one instruction; what IRET has just loaded is for the next.
            State.SystemFlags &= ~resume;
            RaiseDebugTraps();
        }
    }

    bool FinishOne(Block block)
    {
        if (block.End is not FallThrough)
        {
            block.End.Leave(this, block);
            return Settle(block.End, isEnd: true);
        }
        AdvanceRip(block.End.EndOffset);
        Instructions++;
        return true;
    }

    /// <summary>Follows up on an instruction after which the block did not simply go on.</summary>
    /// <param name="at">The instruction; none when it could not be fetched.</param>
    /// <param name="isEnd">Whether it was the block's end, which moves RIP itself when it is done.</param>
    /// <returns>Whether it is done, or a round of it.</returns>
    bool Settle(DecodedInstruction? at, bool isEnd)
    {
        switch (Stop)
        {
            case StopReason.FetchFault:
                DeliverFault();
                return false;
            case StopReason.FetchExit:
                return false;
            case StopReason.Fault:
                AdvanceRip(at!.Offset);
                if (PendingFault.IsBadAddress && at.UsesStack)
                    PendingFault = PendingFault with { Vector = Vector.StackFault };
                DeliverFault();
                return false;
            case StopReason.DeviceExit:
                AdvanceRip(at!.Offset);
                if (Exit == ExitKind.None)
                    Exit = ExitKind.Device;
                return false;
            case StopReason.Again:
                AdvanceRip(at!.Offset);
                return true;
            default:
                Instructions++;
                if (!isEnd)
                    AdvanceRip(at!.EndOffset);
                return true;
        }
    }
}
