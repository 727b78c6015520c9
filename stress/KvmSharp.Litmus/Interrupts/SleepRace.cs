using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.InterruptControllers;
using KvmSharp.Vcpus;

namespace KvmSharp.Litmus.Interrupts;

/// <summary>
/// An interrupt comes while a vCPU's owner looks whether it may sleep: it takes the event request, and looks at the APIC. What
/// it does not find there must have left a request behind, or it would sleep through it. Broken, it looks before it takes.
/// </summary>
sealed class SleepRace(bool looksFirst) : Variant(looksFirst ? "looks before it takes" : "LocalApic", isBroken: looksFirst)
{
    const int MaxOffset = 60;
    const int MaxGap = 10;
    const ulong SpuriousVector = LocalApic.DefaultBase + 0xF0;
    const ulong EndOfInterrupt = LocalApic.DefaultBase + 0xB0;

    readonly bool _looksFirst = looksFirst;

    static readonly MsiMessage _message = new(LocalApic.DefaultBase, 0x41);

    internal override Observation Run(TimeSpan duration)
    {
        using var machine = new VirtualMachine();
        machine.TryCreateIrqchip();
        Vcpu vcpu = machine.Vcpus.Create(new VcpuId(0));
        LocalApic apic = vcpu.Apic!;
        apic.WriteMemory(new Gpa(SpuriousVector), [0xFF, 1, 0, 0]);
        var rendezvous = new Rendezvous();
        int seed = Environment.TickCount;
        bool over = false;
        bool found = false;
        bool taken = false;
        var owner = new Thread(() =>
        {
            var random = new Random(seed);
            while (true)
            {
                Forget(vcpu, apic);
                int offset = random.Next(MaxOffset);
                int gap = random.Next(MaxGap);
                rendezvous.Meet(first: false);
                if (Volatile.Read(ref over))
                    return;
                Work.Do(offset);
                bool seen = _looksFirst && apic.HasInterrupt;
                if (_looksFirst)
                    Work.Do(gap);
                Volatile.Write(ref taken, vcpu.TakeRequest(LocalApic.EventRequest));
                Volatile.Write(ref found, _looksFirst ? seen : apic.HasInterrupt);
                rendezvous.Meet(first: false);
                // The request stays until the other side has looked.
                rendezvous.Meet(first: false);
            }
        })
        { IsBackground = true };
        owner.Start();

        var jitter = new Random(seed + 1);
        var deadline = new Deadline(duration);
        long samples = 0, hits = 0, violations = 0;
        while (true)
        {
            int offset = jitter.Next(MaxOffset);
            if ((samples & 0xFF) == 0 && deadline.HasPassed)
                Volatile.Write(ref over, true);
            rendezvous.Meet(first: true);
            if (over)
                break;
            Work.Do(offset);
            machine.Irqchip!.Signal(_message);
            rendezvous.Meet(first: true);
            samples++;
            hits += Volatile.Read(ref taken) ? 1 : 0;
            violations += !Volatile.Read(ref found) && !vcpu.HasRequest(LocalApic.EventRequest) ? 1 : 0;
            rendezvous.Meet(first: true);
        }
        owner.Join();
        return new Observation(samples, hits, violations);
    }

    static void Forget(Vcpu vcpu, LocalApic apic)
    {
        vcpu.TakeRequest(LocalApic.EventRequest);
        if (apic.TryAcknowledge(out _))
            apic.WriteMemory(new Gpa(EndOfInterrupt), new byte[sizeof(uint)]);
    }
}
