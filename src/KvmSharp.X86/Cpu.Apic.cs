using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Buses;
using KvmSharp.InterruptControllers;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// In a machine with interrupt controllers: the local APIC, and whether the CPU runs, halts or waits to be started.
partial class Cpu
{
    /// <summary>The local APIC, if the machine has interrupt controllers.</summary>
    internal LocalApic? Apic => Vcpu.Apic;

    /// <summary>Whether the CPU runs; always, without an APIC that could wake it.</summary>
    internal KvmMpState MpState { get; set; }

    /// <summary>The task priority's class: CR8.</summary>
    internal ulong TaskPriority
    {
        get => Apic?.TaskPriorityClass ?? State.Cr8;
        set
        {
            if (Apic is { } apic)
                apic.TaskPriorityClass = value;
            else
                State.Cr8 = value;
        }
    }

    /// <summary>The base register of the local APIC.</summary>
    internal ulong ApicBase => Apic?.BaseRegister ?? State.Msrs.ApicBase;

    /// <summary>Serves INIT and start-up messages.</summary>
    internal void ServeStartEvents()
    {
        if (Apic is not { HasStartEvents: true } apic)
            return;
        if (apic.TakeInit())
        {
            ResetByInit();
            MpState = apic.IsBoot ? KvmMpState.Runnable : KvmMpState.InitReceived;
        }
        // Without an INIT before it, nobody waits for it.
        if (apic.TakeStartUp(out byte page) && MpState == KvmMpState.InitReceived)
        {
            Segment code = State.Segments[(int)SegmentName.Cs];
            code.Selector = (ushort)(page << 8);
            code.Base = (ulong)page << Page.Shift;
            State.SetSegment(SegmentName.Cs, code);
            Rip = 0;
            MpState = KvmMpState.Runnable;
            UpdateMode();
        }
    }

    /// <summary>Takes what the APIC has brought, but for interrupts that the guest has to let in.</summary>
    /// <returns>Whether the CPU runs.</returns>
    bool ServeApic(LocalApic apic)
    {
        ServeStartEvents();
        if (apic.TakeNonMaskable() is var count && count != 0)
            Pending.NmiCount = Math.Min(2, Pending.NmiCount + count);
        apic.ServeTimer();
        bool wakes = apic.TakeWakeUp();
        if (MpState == KvmMpState.Halted && (wakes || EndsHalt(apic)))
            MpState = KvmMpState.Runnable;
        return MpState == KvmMpState.Runnable;
    }

    bool EndsHalt(LocalApic apic) => Pending.Exception is not null || Pending.TripleFault
        || (Pending.NmiCount != 0 && !NmiMasked)
        || (CanTakeInterrupt && apic.HasInterrupt);

    // Outside guest mode, when the CPU has looked and found nothing. Whatever was asked since then ends the wait at once.
    void WaitUntilAsked()
    {
        Environment.Exclusive.Leave();
        Vcpu.WaitForRequest(Timeout.InfiniteTimeSpan);
        Environment.Exclusive.Join();
    }

    bool TryReadInside(IoBus bus, ulong address, Span<byte> data)
    {
        if (!IsAtApic(bus, address))
            return bus.TryRead(address, data);
        Apic!.ReadMemory(new Gpa(address), data);
        return true;
    }

    bool TryWriteInside(IoBus bus, ulong address, ReadOnlySpan<byte> data)
    {
        if (!IsAtApic(bus, address))
            return bus.TryWrite(address, data);
        Apic!.WriteMemory(new Gpa(address), data);
        return true;
    }

    bool IsAtApic(IoBus bus, ulong address) =>
        Apic is { } apic && ReferenceEquals(bus, Vcpu.Machine.Buses.Memory) && apic.Covers(new Gpa(address));
}
