using KvmSharp.X86.Events;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// Exceptions and interrupts: what is pending, in which order it comes, and what becomes of exceptions within exceptions.
partial class Cpu
{
    /// <summary>The exception that the instruction met.</summary>
    internal PendingFault PendingFault { get; private set; }

    /// <summary>Events that the owner hands over, or that wait for the guest to take them.</summary>
    internal PendingEvents Pending;

    /// <summary>No further NMI until the next IRET, even one that faults: so it is no part of the state that a fault puts back.</summary>
    internal bool NmiMasked { get; set; }

    /// <summary>Exceptions and interrupts delivered, for counting.</summary>
    internal long Exceptions { get; private set; }

    /// <inheritdoc cref="Exceptions"/>
    internal long Interrupts { get; private set; }

    /// <summary>Whether an external interrupt would be taken now.</summary>
    internal bool CanTakeInterrupt => LetsInterruptIn && !DeviceLog.IsActive;

    /// <summary>Whether one would be taken after an access that waits for its answer, if there is one.</summary>
    internal bool LetsInterruptIn => (State.SystemFlags & RFlags.IF) != 0 && State.Shadow == InterruptShadow.None;

    /// <summary>The instruction meets an exception without an error code.</summary>
    /// <returns>False.</returns>
    internal bool Raise(Vector vector)
    {
        PendingFault = new PendingFault(vector, 0, HasError: false);
        Stop = StopReason.Fault;
        return false;
    }

    /// <summary>The instruction meets an exception with an error code.</summary>
    /// <returns>False.</returns>
    internal bool Raise(Vector vector, uint error)
    {
        PendingFault = new PendingFault(vector, error, HasError: true);
        Stop = StopReason.Fault;
        return false;
    }

    /// <summary>The instruction meets an address that is none.</summary>
    /// <returns>False.</returns>
    bool RaiseBadAddress()
    {
        PendingFault = new PendingFault(Vector.GeneralProtection, 0, HasError: true, IsBadAddress: true);
        Stop = StopReason.Fault;
        return false;
    }

    /// <summary>Before instructions run: delivers what is due, and looks whether the owner wants to know of a window.</summary>
    /// <returns>Whether to run.</returns>
    bool PrepareEvents()
    {
        if (Instructions >= Budget)
        {
            Exit = ExitKind.BudgetSpent;
            return false;
        }
        // An instruction that is half way goes first.
        if (DeviceLog.IsActive)
            return true;
        if (WantsStop())
        {
            Exit = ExitKind.Interrupted;
            return false;
        }
        if (Apic is { } local && !ServeApic(local))
            return false;
        if (Pending.TripleFault)
        {
            Pending.TripleFault = false;
            Exit = ExitKind.Shutdown;
        }
        else if (Pending.Exception is { } exception)
        {
            Pending.Exception = null;
            PendingFault = exception;
            DeliverFault();
        }
        else if (Pending.Interrupt is { } vector)
        {
            // Whether the guest could take it was the owner's to ask.
            Pending.Interrupt = null;
            Interrupts++;
            Deliver(new Event(vector, EventKind.External));
        }
        else if (Pending.NmiCount != 0 && !NmiMasked && State.Shadow == InterruptShadow.None)
        {
            Pending.NmiCount--;
            Interrupts++;
            Deliver(new Event((byte)Vector.NonMaskableInterrupt, EventKind.NonMaskable));
            NmiMasked = true;
        }
        else if (Apic is { } apic)
        {
            if (CanTakeInterrupt && apic.TryAcknowledge(out byte due))
            {
                Interrupts++;
                Deliver(new Event(due, EventKind.External));
            }
        }
        else if (Pending.WantsWindow && CanTakeInterrupt)
        {
            Exit = ExitKind.InterruptWindow;
        }
        return Exit == ExitKind.None;
    }

    /// <summary>Delivers the exception that was met; RIP is where it returns to.</summary>
    void DeliverFault()
    {
        PendingFault fault = PendingFault;
        Exceptions++;
        Budget--;
        if (fault.Vector == Vector.Debug)
        {
            if (_debugAccess)
                State.Dr6 |= DebugBits.BD;
            _debugAccess = false;
            // The handler may touch the debug registers.
            State.Dr7 &= ~DebugBits.GD;
        }
        Deliver(new Event((byte)fault.Vector, EventKind.Exception, fault.Error, fault.HasError));
    }

    /// <summary>INT n and its like: enters the handler; RIP is where it returns to.</summary>
    /// <returns><see langword="false"/> when that met an exception: then the instruction has not been executed.</returns>
    internal bool TrySoftwareInterrupt(byte vector)
    {
        ulong start = Rip;
        Rip = NextRip;
        if (!TryTransferToHandler(new Event(vector, EventKind.Software)))
        {
            Rip = start;
            return false;
        }
        Interrupts++;
        _suppressesTrap = true;
        NextRip = Rip;
        return true;
    }

    /// <summary>Delivers an event, and whatever comes of the attempt.</summary>
    void Deliver(Event @event)
    {
        while (true)
        {
            Stop = StopReason.None;
            if (TryTransferToHandler(in @event))
            {
                State.Shadow = InterruptShadow.None;
                return;
            }
            if (Stop != StopReason.Fault)
            {
                // The tables or the stack are a device's: nobody can go on from here.
                if (Exit == ExitKind.None)
                    Exit = ExitKind.DeliveryFailed;
                DeviceLog.Clear();
                return;
            }
            if (@event.Kind == EventKind.Exception && @event.Vector == (byte)Vector.DoubleFault)
            {
                Exit = ExitKind.Shutdown;
                return;
            }
            bool doubled = @event.Kind == EventKind.Exception && MakesDouble((Vector)@event.Vector, PendingFault.Vector);
            @event = doubled
                ? new Event((byte)Vector.DoubleFault, EventKind.Exception, 0, HasError: true)
                : new Event((byte)PendingFault.Vector, EventKind.Exception, PendingFault.Error, PendingFault.HasError);
        }
    }

    // The manuals' table of what makes a double fault of two exceptions.
    static bool MakesDouble(Vector first, Vector second) => first switch
    {
        Vector.PageFault => second == Vector.PageFault || IsContributory(second),
        _ => IsContributory(first) && IsContributory(second),
    };

    static bool IsContributory(Vector vector) => vector is Vector.DivideError or Vector.InvalidTss
        or Vector.SegmentNotPresent or Vector.StackFault or Vector.GeneralProtection;
}
