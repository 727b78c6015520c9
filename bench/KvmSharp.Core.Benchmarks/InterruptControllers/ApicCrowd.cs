using System;
using KvmSharp.InterruptControllers;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.InterruptControllers;

/// <summary>vCPUs with local APICs in x2APIC mode, and messages among them.</summary>
sealed class ApicCrowd : IDisposable
{
    const uint SpuriousVector = 0x80F;
    const uint Command = 0x830;
    const ulong Logical = 0x800;
    const ulong Vector = 0x41;

    readonly VirtualMachine _machine = new();
    readonly LocalApic _sender;
    readonly ulong _last;

    internal ApicCrowd(int vcpus)
    {
        _machine.TryCreateIrqchip();
        for (uint id = 0; id < (uint)vcpus; id++)
        {
            LocalApic apic = _machine.Vcpus.Create(new VcpuId(id)).Apic!;
            apic.TrySetBase(LocalApic.DefaultBase | 0xC00, hasX2: true, byHost: true);
            apic.TryWriteMsr(SpuriousVector, 0x1FF);
        }
        if (!_machine.Vcpus.TryGet(new VcpuIndex(0), out Vcpu? first))
            throw new InvalidOperationException("there is no first vCPU");
        _sender = first.Apic!;
        _last = (ulong)vcpus - 1;
    }

    /// <summary>The first vCPU interrupts the last by its id: request noted, vCPU asked to look.</summary>
    internal void SendToLast() => _sender.TryWriteMsr(Command, (_last << 32) | Vector);

    /// <summary>The same by its logical id.</summary>
    internal void SendToLastLogically() =>
        _sender.TryWriteMsr(Command, ((((_last >> 4) << 16) | (1UL << (int)(_last & 15))) << 32) | Logical | Vector);

    public void Dispose() => _machine.Dispose();
}
