namespace KvmSharp.Cli.Perf.Guests;

/// <summary>
/// A step of a guest program. A program is its steps in order, over and over until the host wants the guest to end; one
/// without steps ends at once.
/// </summary>
abstract record GuestStep
{
    GuestStep()
    {
    }

    /// <summary>Writes a value at the start of each of some pages.</summary>
    internal sealed record WritePages(ulong Page, ulong Count, ulong Value) : GuestStep;

    /// <summary>Reads a value in each of some pages, which has to be this one, and writes zero in its place.</summary>
    internal sealed record CheckAndClear(ulong Page, ulong Count, int Offset, ulong Expected) : GuestStep;

    /// <summary>Meets the host, or ends if the host wants that instead.</summary>
    internal sealed record Sync : GuestStep;

    /// <summary>Ends if the host wants the guest to.</summary>
    internal sealed record LookForExit : GuestStep;
}
