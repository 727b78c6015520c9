namespace KvmSharp.X86.Events;

/// <summary>Why the CPU went back to its owner.</summary>
enum ExitKind
{
    None,

    /// <summary>The access that waits in <see cref="Cpu.DeviceLog"/>.</summary>
    Device,

    /// <summary>The call to the Hyper-V interface that waits there; the owner is not told.</summary>
    HyperVCall,
    Halt,
    Shutdown,

    /// <summary>A kick, or the owner asked for it.</summary>
    Interrupted,
    InterruptWindow,

    /// <summary>A debugger's breakpoint, watchpoint or step.</summary>
    Debug,

    /// <summary>INT3, while a debugger wants it.</summary>
    Breakpoint,

    /// <summary>There is no memory to fetch instructions from.</summary>
    FetchOutsideMemory,

    /// <summary>Host memory that may not be touched so.</summary>
    HostFault,
    MachineDead,

    /// <summary>The vCPU's dirty ring has to be harvested first.</summary>
    DirtyRingFull,

    /// <summary>An exception could not be delivered: its tables or stack are not memory.</summary>
    DeliveryFailed,

    /// <summary>The instructions that the owner allowed have been executed.</summary>
    BudgetSpent,
}
