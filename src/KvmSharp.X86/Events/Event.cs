namespace KvmSharp.X86.Events;

/// <summary>Where an event comes from.</summary>
enum EventKind
{
    /// <summary>An exception that an instruction met.</summary>
    Exception,
    External,
    NonMaskable,

    /// <summary>INT n, INT3 and INTO: the gate's privilege is checked.</summary>
    Software,
}

/// <summary>Something that is delivered through the interrupt table.</summary>
/// <param name="Vector">Its vector.</param>
/// <param name="Kind">Where it comes from.</param>
/// <param name="Error">Its error code, if it has one.</param>
/// <param name="HasError">Whether it has one.</param>
readonly record struct Event(byte Vector, EventKind Kind, uint Error = 0, bool HasError = false)
{
    /// <summary>An error code that names an entry of the interrupt table.</summary>
    internal uint TableError => ((uint)Vector << 3) | 2 | External;

    /// <summary>The bit of error codes that says that the program did not ask for the event.</summary>
    internal uint External => Kind == EventKind.Software ? 0u : 1u;
}
