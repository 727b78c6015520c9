namespace KvmSharp.X86;

/// <summary>What the CPUs of one machine share.</summary>
sealed class CpuEnvironment
{
    /// <summary>Where one CPU does something while the others stand still.</summary>
    internal ExclusiveSection Exclusive { get; } = new();

    /// <summary>The time-stamp counter's clock.</summary>
    internal TimeStampCounter Clock { get; } = new();

    /// <summary>Hypercalls that are the owner's, a bit for each number below 64 (KVM_CAP_EXIT_HYPERCALL). Set before CPUs run.</summary>
    internal ulong ExitHypercalls { get; set; }

    /// <summary>Whether a pending triple fault is among a vCPU's events (KVM_CAP_X86_TRIPLE_FAULT_EVENT). Set before CPUs run.</summary>
    internal bool ShowsTripleFaults { get; set; }

    /// <summary>Whether a hypercall is the owner's.</summary>
    internal bool LeavesForHypercall(ulong number) => number < 64 && ((ExitHypercalls >> (int)number) & 1) != 0;
}
