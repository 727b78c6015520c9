namespace KvmSharp.X86.Events;

/// <summary>Why the run loop does not simply go on with the next operation.</summary>
enum StopReason
{
    /// <summary>It does.</summary>
    None,

    /// <summary>The next instruction cannot be fetched; RIP is at it. <see cref="Cpu.PendingFault"/> says why.</summary>
    FetchFault,

    /// <summary>The next instruction cannot be fetched, and the owner has to be told; RIP is at it.</summary>
    FetchExit,

    /// <summary>The instruction faulted and is not done: <see cref="Cpu.PendingFault"/>.</summary>
    Fault,

    /// <summary>The instruction is done; events and code have to be looked at before the next one.</summary>
    Done,

    /// <summary>
    /// The instruction is to be executed again, after events: a repeated string instruction half way, or one that has to be
    /// executed by itself, because it writes to the machine's bus or loads the trap flag.
    /// </summary>
    Again,

    /// <summary>The instruction waits for a device, or for the owner: <see cref="Cpu.Exit"/>. It is executed again then.</summary>
    DeviceExit,

    /// <summary>The instruction is done, and the owner has to be told: <see cref="Cpu.Exit"/>.</summary>
    DoneExit,
}
