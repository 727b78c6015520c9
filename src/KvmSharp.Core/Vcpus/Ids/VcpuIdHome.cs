using System.Runtime.CompilerServices;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Where an id has its place in an array: one formula for every kind of map.</summary>
/// <param name="First">The id of the first place, where ids are not multiplied.</param>
/// <param name="Multiplier">What spreads ids; 1 leaves them side by side.</param>
/// <param name="Shift">How many low bits of the product are dropped.</param>
readonly record struct VcpuIdHome(uint First, uint Multiplier, int Shift)
{
    /// <summary>Ids side by side.</summary>
    internal static VcpuIdHome From(uint first) => new(first, Multiplier: 1, Shift: 0);

    /// <summary>The place of an id; beyond the array where it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Of(uint id) => unchecked((id - First) * Multiplier) >> Shift;
}
