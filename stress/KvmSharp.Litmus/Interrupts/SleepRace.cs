using System;
using KvmSharp.Addresses;
using KvmSharp.InterruptControllers;
using KvmSharp.Vcpus;

namespace KvmSharp.Litmus.Interrupts;

/// <summary>
/// An interrupt comes while a vCPU's owner looks whether it may sleep: it takes the event request, and looks at the APIC. What
/// it does not find there must have left a request behind, or it would sleep through it. Broken, it looks before it takes.
/// </summary>
sealed class SleepRace(bool looksFirst) : RoundRace(looksFirst ? "looks before it takes" : "LocalApic", isBroken: looksFirst)
{
    // Between the look and the taking, in the broken one: as long as the sender may be late by a cache miss or two.
    const int MaxGap = 200;
    const ulong SpuriousVector = LocalApic.DefaultBase + 0xF0;
    const ulong EndOfInterrupt = LocalApic.DefaultBase + 0xB0;

    static readonly MsiMessage _message = new(LocalApic.DefaultBase, 0x41);

    readonly bool _looksFirst = looksFirst;

    Vcpu? _vcpu;
    int _gap;

    // The owner's, read when both have met.
    bool _found;
    bool _taken;

    LocalApic Apic => _vcpu!.Apic!;

    // The owner has cache misses to wait for before it looks; the sender's offset reaches over them.
    protected override int MaxOffset => 160;

    internal override Observation Run(TimeSpan duration)
    {
        using var machine = new VirtualMachine();
        machine.TryCreateIrqchip();
        _vcpu = machine.Vcpus.Create(new VcpuId(0));
        Apic.WriteMemory(new Gpa(SpuriousVector), [0xFF, 1, 0, 0]);
        return base.Run(duration);
    }

    protected override void Prepare(Random random)
    {
        _gap = random.Next(MaxGap);
        _vcpu!.TakeRequest(LocalApic.EventRequest);
        if (Apic.TryAcknowledge(out _))
            Apic.WriteMemory(new Gpa(EndOfInterrupt), new byte[sizeof(uint)]);
    }

    protected override void Answer()
    {
        bool seen = _looksFirst && Apic.HasInterrupt;
        if (_looksFirst)
            Work.Do(_gap);
        _taken = _vcpu!.TakeRequest(LocalApic.EventRequest);
        _found = _looksFirst ? seen : Apic.HasInterrupt;
    }

    protected override void Challenge() => _vcpu!.Machine.Irqchip!.Signal(_message);

    protected override (bool Met, bool Violated) Judge() =>
        (_taken, !_found && !_vcpu!.HasRequest(LocalApic.EventRequest));
}
