using System;
using KvmSharp.Reclaim;
using KvmSharp.Vcpus;

namespace KvmSharp.Litmus.Removal;

/// <summary>The library's table: inside a read section, a number stays with the vCPU that was found by it.</summary>
sealed class VcpuNumber(VcpuStoreDesign design) : NumberRace(design.Name, isBroken: false)
{
    static readonly VcpuIndex _number = new(1);

    VirtualMachine? _machine;
    Vcpu? _vcpu;
    uint _nextId;

    internal override Observation Run(TimeSpan duration)
    {
        using var machine = new VirtualMachine(new VirtualMachineOptions { VcpuStore = design, AllowVcpuRemoval = true });
        machine.Vcpus.Create(new VcpuId(0));
        _vcpu = machine.Vcpus.Create(new VcpuId(1));
        _machine = machine;
        return base.Run(duration);
    }

    protected override void Replace()
    {
        _machine!.Vcpus.TryRemove(_vcpu!);
        // Sometimes the same id, sometimes another.
        _vcpu = _machine.Vcpus.Create(new VcpuId(1 + (_nextId++ & 3)));
    }

    protected override (object? First, object? Second) LookTwice(int work)
    {
        using ReadSection section = _machine!.EnterReadSection();
        _machine.Vcpus.TryGet(_number, out Vcpu? first);
        Work.Do(work);
        _machine.Vcpus.TryGet(_number, out Vcpu? second);
        return (first, second);
    }
}
