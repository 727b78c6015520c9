using KvmSharp.Backends;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary><c>interrupt VCPU VECTOR</c>: <c>KVM_INTERRUPT</c>, from a controller outside the machine.</summary>
sealed class HandInterrupt : VcpuOperation
{
    readonly Expression _vector;

    internal HandInterrupt(ArgumentReader reader)
        : base(reader) => _vector = reader.Number("a vector");

    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        vcpu.Interrupt((byte)_vector.On(0));
        return Outcome.Done;
    }
}

/// <summary><c>nmi VCPU</c>: <c>KVM_NMI</c>.</summary>
sealed class MakeNmi(ArgumentReader reader) : VcpuOperation(reader)
{
    private protected override string Run(ConformMachine machine, IVcpu vcpu)
    {
        vcpu.Nmi();
        return Outcome.Done;
    }
}

/// <summary>
/// <c>ready VCPU</c>: <c>kvm_run.ready_for_interrupt_injection</c> as of the last exit, 0 or 1.
/// </summary>
sealed class GetReady(ArgumentReader reader) : VcpuOperation(reader)
{
    private protected override string Run(ConformMachine machine, IVcpu vcpu) =>
        Outcome.Of(vcpu.ReadyForInterruptInjection ? 1 : 0UL);
}
