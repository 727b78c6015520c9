using System.Collections.Generic;

namespace KvmSharp.Cli.Conform.Random;

/// <summary>Operations that random sequences can be made of.</summary>
enum OperationFamily
{
    /// <summary>Slots come, go, move and change flags; a vCPU reads and writes through them.</summary>
    Slot,

    /// <summary>Dirty bitmaps.</summary>
    Log,

    /// <summary>Dirty rings.</summary>
    Ring,

    /// <summary>vCPUs come.</summary>
    Vcpu,

    /// <summary>Events by writes, collected writes, and the writes.</summary>
    Ioevent,

    /// <summary>Slots with pages of a file behind them.</summary>
    Memfd,

    /// <summary>Interrupt controllers.</summary>
    Irq,
}

/// <summary>The families by name.</summary>
static class OperationFamilies
{
    internal static IReadOnlyList<OperationFamily> All { get; } =
    [
        OperationFamily.Slot, OperationFamily.Log, OperationFamily.Ring, OperationFamily.Vcpu, OperationFamily.Ioevent,
        OperationFamily.Memfd, OperationFamily.Irq,
    ];

    internal static string NameOf(OperationFamily family) => family.ToString().ToLowerInvariant();
}
