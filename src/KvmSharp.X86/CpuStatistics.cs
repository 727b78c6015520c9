namespace KvmSharp.X86;

/// <summary>What has happened on a CPU since it was created. A snapshot.</summary>
public readonly record struct CpuStatistics
{
    internal CpuStatistics(Cpu cpu)
    {
        Instructions = cpu.Instructions;
        Blocks = cpu.Code.Decoded;
        BlocksTranslated = cpu.BlocksTranslated;
        BlockLookups = cpu.BlockLookups;
        BlockMisses = cpu.BlockMisses;
        CodeInvalidations = cpu.Code.Invalidated;
        PageWalks = cpu.PageWalks;
        TlbMisses = cpu.TlbMisses;
        Exceptions = cpu.Exceptions;
        Interrupts = cpu.Interrupts;
        UnknownInstructions = cpu.UnknownInstructions;
        LastUnknownInstruction = cpu.UnknownInstructions == 0 ? null : cpu.LastUnknown.ToString();
    }

    /// <summary>Instructions completed. A repeated string instruction counts once.</summary>
    public long Instructions { get; }

    /// <summary>Blocks decoded.</summary>
    public long Blocks { get; }

    /// <summary>Blocks that were executed often, and translated into code of the host.</summary>
    public long BlocksTranslated { get; }

    /// <summary>Jumps whose target was not linked to the block they came from, and so was looked up.</summary>
    public long BlockLookups { get; }

    /// <summary>Lookups that did not find their block by its address, and translated that.</summary>
    public long BlockMisses { get; }

    /// <summary>Pages of decoded code that were thrown away because their bytes changed.</summary>
    public long CodeInvalidations { get; }

    /// <summary>Walks of the guest's page tables.</summary>
    public long PageWalks { get; }

    /// <summary>Accesses that did not find their page in the CPU's own TLB.</summary>
    public long TlbMisses { get; }

    /// <summary>Exceptions delivered to the guest.</summary>
    public long Exceptions { get; }

    /// <summary>Interrupts delivered to the guest, its own INT n among them.</summary>
    public long Interrupts { get; }

    /// <summary>Instructions that the CPU does not know; the guest got #UD.</summary>
    public long UnknownInstructions { get; }

    /// <summary>The last of them, by the decoder's name, if there was one.</summary>
    public string? LastUnknownInstruction { get; }
}
