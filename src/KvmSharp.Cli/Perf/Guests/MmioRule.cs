using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Perf;

/// <summary>Which accesses of a guest may find no memory: writes of eight bytes in a range. <c>default</c> allows none.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The address after the last.</param>
readonly record struct MmioRule(Gpa Start, Gpa End)
{
    const int Width = sizeof(ulong);

    internal bool Allows(in GuestFault fault) =>
        fault is { Kind: GuestAccessKind.Mmio, IsWrite: true, FragmentCount: 1 }
        && fault.Fragment(0) is { Length: Width } access
        && access.Gpa >= Start && access.Gpa < End;

    internal string Describe() => Start == End ? "no MMIO is allowed" : $"only {Width}-byte writes in [{Start}, {End}) are";
}
