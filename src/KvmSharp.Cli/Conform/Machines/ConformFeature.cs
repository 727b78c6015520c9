namespace KvmSharp.Cli.Conform.Machines;

/// <summary>What a conform file may need of a machine, because not every one has it.</summary>
enum ConformFeature
{
    None,

    /// <summary>The generation of slots can be asked for.</summary>
    Generation,

    /// <summary>There is a second address space.</summary>
    Spaces,

    /// <summary>Guest physical addresses have 52 bits.</summary>
    Gpa52,

    /// <summary>Malformed calls can be made: bad addresses, unknown requests.</summary>
    Raw,

    /// <summary>Slots with pages of a file behind them: a second descriptor.</summary>
    GuestMemfd,

    /// <summary>Such files that the user can map too.</summary>
    GuestMemfdFlags,

    /// <summary>Instructions are executed.</summary>
    Cpu,

    /// <summary>Guest writes are done by an instruction emulator, which marks a page each time.</summary>
    Emulated,

    /// <summary>Writes that raise events.</summary>
    Ioevent,

    /// <summary>Interrupt controllers.</summary>
    Irqchip,

    /// <summary>A local APIC notes what its vCPU has taken as in service, as all do; but see <c>docs/QUIRKS.md</c>.</summary>
    InService,

    /// <summary>Writes that are collected.</summary>
    Coalesced,
}
