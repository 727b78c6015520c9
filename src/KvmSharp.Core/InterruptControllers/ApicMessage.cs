namespace KvmSharp.InterruptControllers;

/// <summary>An interrupt on its way to local APICs (KVM: <c>kvm_lapic_irq</c>).</summary>
readonly record struct ApicMessage
{
    const int VectorMask = 0xFF;
    const int ModeShift = 8;
    const int ModeMask = 7;
    const uint LogicalBit = 1 << 11;
    const uint AssertBit = 1 << 14;
    const uint LevelBit = 1 << 15;
    const int ShorthandShift = 18;

    /// <summary>The destination's APIC id, or a logical one.</summary>
    internal uint Destination { get; init; }

    internal bool IsLogical { get; init; }

    internal DeliveryMode Mode { get; init; }

    internal byte Vector { get; init; }

    /// <summary>Level-triggered: the end of the interrupt is told to the I/O APIC.</summary>
    internal bool IsLevel { get; init; }

    /// <summary>For level-triggered messages: whether the level is active.</summary>
    internal bool IsAsserted { get; init; }

    internal Shorthand Shorthand { get; init; }

    /// <summary>Whether an MSI allows one target to be chosen of several.</summary>
    internal bool MayRedirect { get; init; }

    /// <summary>Whether it goes to one of its destinations only.</summary>
    internal bool GoesToOne => Mode == DeliveryMode.LowestPriority || MayRedirect;

    /// <summary>What writing the ICR sends.</summary>
    /// <param name="command">The low half.</param>
    /// <param name="destination">The destination, from the high half.</param>
    internal static ApicMessage OfCommand(uint command, uint destination) => new()
    {
        Destination = destination,
        IsLogical = (command & LogicalBit) != 0,
        Mode = (DeliveryMode)((command >> ModeShift) & ModeMask),
        Vector = (byte)(command & VectorMask),
        IsLevel = (command & LevelBit) != 0,
        IsAsserted = (command & AssertBit) != 0,
        Shorthand = (Shorthand)((command >> ShorthandShift) & 3),
    };

    /// <summary>What a redirection entry of the I/O APIC sends. Its low half is laid out as the ICR's.</summary>
    internal static ApicMessage OfEntry(ulong entry) => new()
    {
        Destination = (uint)(entry >> 56),
        IsLogical = ((uint)entry & LogicalBit) != 0,
        Mode = (DeliveryMode)(((uint)entry >> ModeShift) & ModeMask),
        Vector = (byte)entry,
        IsLevel = ((uint)entry & LevelBit) != 0,
        IsAsserted = true,
    };
}

/// <summary>Destinations of an ICR that need no id.</summary>
enum Shorthand
{
    None = 0,
    Self = 1,
    All = 2,
    Others = 3,
}
