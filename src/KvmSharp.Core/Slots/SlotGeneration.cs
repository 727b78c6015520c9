using System.Globalization;

namespace KvmSharp.Slots;

/// <summary>
/// The version stamp of an address space's published slots. Space <c>a</c> of <c>S</c> starts at <c>a</c> and counts in
/// steps of <c>S</c>, so stamps of different spaces never coincide.
/// </summary>
/// <param name="Value">The count, with <see cref="UpdateInProgress"/> set while a publication is being settled.</param>
public readonly record struct SlotGeneration(ulong Value)
{
    /// <summary>
    /// Set from a publication until its readers have been waited for; what is cached under such a stamp is never
    /// current again.
    /// </summary>
    public const ulong UpdateInProgress = 1UL << 63;

    /// <summary>Whether a publication is being settled.</summary>
    public bool IsUpdating => (Value & UpdateInProgress) != 0;

    /// <summary>The kind and the value in hex.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"gen:{Value:x}");
}
