using System;
using KvmSharp.Vcpus;

namespace KvmSharp.Litmus.EnterGuest;

/// <summary>The library's vCPU.</summary>
sealed class VcpuEnter() : EnterRace("Vcpu", isBroken: false)
{
    static readonly VcpuRequest _request = VcpuRequest.Architectural(8);

    Vcpu? _vcpu;

    internal override Observation Run(TimeSpan duration)
    {
        using var machine = new VirtualMachine();
        _vcpu = machine.Vcpus.Create(new VcpuId(0));
        return base.Run(duration);
    }

    protected override bool TryEnter() => _vcpu!.TryEnterGuest();

    protected override bool Request() => _vcpu!.MakeRequest(_request);

    protected override void Leave()
    {
        _vcpu!.ExitGuest();
        _vcpu.TakeRequest(_request);
    }
}
