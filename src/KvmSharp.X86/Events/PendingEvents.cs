namespace KvmSharp.X86.Events;

/// <summary>Events that wait for the CPU.</summary>
struct PendingEvents
{
    /// <summary>An exception that the owner injects, delivered before anything else.</summary>
    internal PendingFault? Exception;

    /// <summary>The external interrupt that the owner has handed over, delivered next.</summary>
    internal byte? Interrupt;

    /// <summary>Non-maskable interrupts, 0 … 2: one that is being handled and one behind it.</summary>
    internal int NmiCount;

    /// <summary>Whether the CPU shuts down instead of going on: the owner has made a triple fault pending.</summary>
    internal bool TripleFault;

    /// <summary>Whether the owner wants to know when an interrupt could be taken.</summary>
    internal bool WantsWindow;
}
