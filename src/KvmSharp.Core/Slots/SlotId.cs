using System;
using System.Globalization;

namespace KvmSharp.Slots;

/// <summary>
/// The user's name for a memory slot within its address space: 16 bits, sparse, chosen by the caller. It is not a
/// position in any table.
/// </summary>
/// <param name="Value">0 … <see cref="SlotLimits.UserSlots"/> − 1 for slots a user may set.</param>
public readonly record struct SlotId(ushort Value) : IComparable<SlotId>
{
    /// <inheritdoc/>
    public int CompareTo(SlotId other) => Value.CompareTo(other.Value);

    /// <summary>Orders by number.</summary>
    public static bool operator <(SlotId left, SlotId right) => left.Value < right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator <=(SlotId left, SlotId right) => left.Value <= right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >(SlotId left, SlotId right) => left.Value > right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >=(SlotId left, SlotId right) => left.Value >= right.Value;

    /// <summary>The kind and the number in decimal, as KVM's tools print it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"slot:{Value}");
}
