using System;

namespace KvmSharp.HostMemory;

/// <summary>What a mapping really does on this platform. A feature that is missing is not imitated.</summary>
[Flags]
public enum HostMappingFeatures : byte
{
    /// <summary>Plain memory.</summary>
    None = 0,

    /// <summary>A page that was never touched takes no physical memory.</summary>
    LazilyPopulated = 1 << 0,

    /// <summary>Discarded pages go back to the host; without it they are only cleared.</summary>
    DiscardReturnsMemory = 1 << 1,

    /// <summary>The host itself stops accesses that the protection forbids; without it the protection is recorded
    /// only, and binds those who ask for it.</summary>
    ProtectEnforcedByHost = 1 << 2,

    /// <summary>The host took the huge page hint that was given at creation.</summary>
    HugePageHint = 1 << 3,

    /// <summary>Other processes can map the same memory, and see our stores as we see theirs.</summary>
    SharedBetweenProcesses = 1 << 4,
}
