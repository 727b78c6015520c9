namespace OwnCpu;

/// <summary>Why the CPU stopped executing.</summary>
enum CpuExit
{
    /// <summary>It did not: the instruction is done.</summary>
    None,

    /// <summary>The vCPU was asked something, or kicked.</summary>
    Attention,

    /// <summary>A load or store belongs to a device; see <see cref="Cpu.CompleteMmio"/>.</summary>
    Mmio,

    /// <summary><c>wfi</c>: the guest has nothing to do until an interrupt.</summary>
    WaitForInterrupt,

    /// <summary><c>ecall</c>: the guest is done.</summary>
    Ecall,

    /// <summary><c>ebreak</c>: the guest has found something wrong.</summary>
    Ebreak,

    /// <summary>Not an instruction that this CPU knows.</summary>
    IllegalInstruction,

    /// <summary>No memory to fetch from, or an access that no device can answer.</summary>
    AccessFault,
}
