namespace KvmSharp.HyperV;

/// <summary>What a vCPU has to drop of its translations of guest virtual addresses.</summary>
public enum GuestTlbFlush
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The pages of some ranges.</summary>
    Ranges,

    /// <summary>All.</summary>
    Everything,
}
