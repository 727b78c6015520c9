namespace KvmSharp.X86.Devices;

/// <summary>What an instruction asks of something outside the CPU and memory.</summary>
enum DeviceAccessKind
{
    /// <summary>Not a device: bytes of memory that an access with a device's part has already read.</summary>
    Memory,
    MmioRead,
    MmioWrite,
    PortIn,
    PortOut,
    Hypercall,

    /// <summary>A call to the Hyper-V interface, which the machine core answers, not the owner.</summary>
    HyperVCall,
}

/// <summary>One access that the owner answers: up to eight bytes of a device's memory, or ports.</summary>
struct DeviceAccess
{
    internal DeviceAccessKind Kind;

    /// <summary>Guest physical address, port, or the number or the input value of a hypercall.</summary>
    internal ulong Address;

    /// <summary>Bytes of one item: 1, 2 or 4 for ports, 1 … 8 for memory.</summary>
    internal int Length;

    /// <summary>
    /// Items; more than 1 for repeated port instructions only, whose data are in the log's buffer. None when a call to the
    /// Hyper-V interface is not defined.
    /// </summary>
    internal int Count;

    /// <summary>What is written, or was read; the first byte lowest.</summary>
    internal ulong Data;

    /// <summary>Whether the machine's bus took it, so that the owner was not asked.</summary>
    internal bool IsTaken;
}
