using KvmSharp.Addresses;

namespace KvmSharp.Cli.Perf.Guests;

/// <summary>Which accesses of a guest may find no memory: writes of eight bytes in a range. <c>default</c> allows none.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The address after the last.</param>
readonly record struct MmioRule(Gpa Start, Gpa End)
{
    const int Width = sizeof(ulong);

    internal bool Allows(Gpa gpa, int length, bool isWrite) => isWrite && length == Width && gpa >= Start && gpa < End;

    /// <summary>What is reported when an access is not allowed.</summary>
    /// <param name="gpa">Where it went.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="isWrite">Whether it wrote.</param>
    /// <param name="end">How it ended.</param>
    internal PerfTestException Violation(Gpa gpa, int length, bool isWrite, string end) =>
        new($"guest {(isWrite ? "write" : "read")} of {length} bytes at {gpa} ended in {end}; {Describe()}");

    string Describe() => Start == End ? "no MMIO is allowed" : $"only {Width}-byte writes in [{Start}, {End}) are";
}
