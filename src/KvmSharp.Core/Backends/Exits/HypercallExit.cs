namespace KvmSharp.Backends;

/// <summary>A hypercall that its machine leaves to the user.</summary>
/// <param name="Number">Which.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="IsLongMode">Whether the guest was in 64-bit mode; otherwise numbers have 32 bits.</param>
public readonly record struct HypercallExit(ulong Number, HypercallArguments Arguments, bool IsLongMode);

/// <summary>The six arguments of a hypercall.</summary>
/// <param name="First">The first.</param>
/// <param name="Second">The second.</param>
/// <param name="Third">The third.</param>
/// <param name="Fourth">The fourth.</param>
/// <param name="Fifth">The fifth.</param>
/// <param name="Sixth">The sixth.</param>
public readonly record struct HypercallArguments(
    ulong First, ulong Second, ulong Third, ulong Fourth, ulong Fifth, ulong Sixth);
