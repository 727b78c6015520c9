namespace KvmSharp.Backends;

/// <summary>Why a vCPU left the guest, by KVM's numbers (<c>KVM_EXIT_…</c>). A number that is not listed is possible.</summary>
public enum VcpuExitReason
{
    /// <summary>The processor left the guest for a reason that its backend does not know.</summary>
    Unknown = 0,

    /// <summary>An access to a port. <see cref="VcpuExit.Io"/>; the data of IN is for the user to fill in.</summary>
    Io = 2,

    /// <summary>A hypercall. <see cref="VcpuExit.Hypercall"/>; its result is for the user to fill in.</summary>
    Hypercall = 3,

    /// <summary>A single step, breakpoint or watchpoint of the debugger. <see cref="VcpuExit.Debug"/>.</summary>
    Debug = 4,

    /// <summary>HLT; the instruction is done. Run again when there is an interrupt.</summary>
    Hlt = 5,

    /// <summary>An access outside memory. <see cref="VcpuExit.Mmio"/>; the data of a read is for the user to fill in.</summary>
    Mmio = 6,

    /// <summary>The guest could take an interrupt now, and it was asked for.</summary>
    IrqWindowOpen = 7,

    /// <summary>A triple fault. The vCPU's state is not defined; a machine would reset.</summary>
    Shutdown = 8,

    /// <summary>The processor refused to enter the guest in its state. <see cref="VcpuExit.FailEntry"/>.</summary>
    FailEntry = 9,

    /// <summary>A kick, <see cref="IVcpu.ImmediateExit"/>, or the end of the machine. Nothing is to be completed.</summary>
    Intr = 10,

    /// <summary>The guest changed its task priority.</summary>
    SetTpr = 11,

    /// <summary>The vCPU cannot go on. <see cref="VcpuExit.InternalError"/>.</summary>
    InternalError = 17,

    /// <summary>The guest wants to power off, restart or has crashed. <see cref="VcpuExit.SystemEvent"/>.</summary>
    SystemEvent = 24,

    /// <summary>The end of an interrupt that the user wanted to know of.</summary>
    IoapicEoi = 26,

    /// <summary>The guest reads an MSR that the user answers for.</summary>
    X86Rdmsr = 29,

    /// <summary>The guest writes an MSR that the user answers for.</summary>
    X86Wrmsr = 30,

    /// <summary>The dirty ring is nearly full. Harvest it and reset it, or the next run returns at once.</summary>
    DirtyRingFull = 31,

    /// <summary>The host has no memory behind an address inside a slot. <see cref="VcpuExit.MemoryFault"/>.</summary>
    MemoryFault = 39,
}
