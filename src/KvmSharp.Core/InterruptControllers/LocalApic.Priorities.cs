using System;
using static KvmSharp.InterruptControllers.ApicRegister;

namespace KvmSharp.InterruptControllers;

// Which interrupt is due. For the owner, who looks after it has taken the event request.
partial class LocalApic
{
    const int ClassMask = 0xF0;

    /// <summary>The task priority's class, 0 … 15: CR8.</summary>
    public ulong TaskPriorityClass
    {
        get => Read(TaskPriority) >> 4;
        set => Write(TaskPriority, (uint)(value & 0xF) << 4);
    }

    /// <summary>Whether an interrupt waits that the priorities let through.</summary>
    public bool HasInterrupt => IsExternalDue || DueVector >= 0;

    /// <summary>Whether it passes the 8259s' interrupts on.</summary>
    internal bool PassesExternal
    {
        get
        {
            uint lint = Read(Lint0);
            return !IsEnabled
                || ((lint & Masked) == 0 && (DeliveryMode)((lint >> 8) & 7) == DeliveryMode.External);
        }
    }

    bool IsExternalDue => _chip.Pic.HasOutput && PassesExternal;

    int DueVector
    {
        get
        {
            int highest = _requested.Highest;
            return highest >= 0 && IsEnabled && (highest & ClassMask) > (int)ComputePriority() ? highest : -1;
        }
    }

    /// <summary>Takes the interrupt that is due: it is in service from now on.</summary>
    /// <param name="vector">Its vector.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryAcknowledge(out byte vector)
    {
        if (IsExternalDue)
        {
            vector = _chip.AcknowledgeExternal();
            return true;
        }
        int due = DueVector;
        vector = (byte)Math.Max(due, 0);
        if (due < 0)
            return false;
        _requested.Remove(due);
        _inService.Add(due);
        return true;
    }

    /// <summary>Delivers what its timer has brought. Called when the owner serves the event request.</summary>
    public void ServeTimer()
    {
        if (_timer.TakeExpired())
            Deliver(Timer);
    }

    // The processor priority follows from what is in service and from the task's.
    uint ComputePriority()
    {
        uint task = Read(TaskPriority);
        uint service = (uint)Math.Max(_inService.Highest, 0);
        return (task & ClassMask) >= (service & ClassMask) ? task & 0xFF : service & ClassMask;
    }

    void EndInterrupt()
    {
        int vector = _inService.Highest;
        if (vector < 0)
            return;
        _inService.Remove(vector);
        if (_levelTriggered.Contains(vector))
            _chip.EndOfInterrupt((byte)vector);
        else
            _chip.EndOfEdge((byte)vector);
    }
}
