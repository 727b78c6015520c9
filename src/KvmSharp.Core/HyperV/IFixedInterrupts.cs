using KvmSharp.Vcpus;

namespace KvmSharp.HyperV;

/// <summary>Delivers interrupts to vCPUs: what the IPI calls need of local APICs.</summary>
public interface IFixedInterrupts
{
    /// <summary>
    /// Delivers an edge-triggered interrupt in fixed mode. A target whose local APIC is disabled is passed over silently.
    /// Called on the sender's thread; it does not wait for the target.
    /// </summary>
    /// <param name="target">The vCPU.</param>
    /// <param name="vector">0x10 … 0xFF.</param>
    void Deliver(Vcpu target, byte vector);
}
