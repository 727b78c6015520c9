namespace KvmSharp.HyperV.Hypercalls;

/// <summary>What a hypercall instruction does.</summary>
public enum HypercallOutcome
{
    /// <summary>The Hyper-V interface is not open: the instruction is another interface's, or undefined.</summary>
    NotEnabled = 0,

    /// <summary>It raises an invalid-opcode exception.</summary>
    UndefinedInstruction,

    /// <summary>It goes on after the instruction, with a result.</summary>
    Completed,
}
