using System;
using System.Globalization;

namespace KvmSharp.Addresses;

/// <summary>A host virtual address: an address in this process, in bytes.</summary>
/// <param name="Value">The address. It says nothing about what is mapped there.</param>
public readonly record struct Hva(ulong Value) : IComparable<Hva>
{
    /// <summary>The number of the page that holds this byte.</summary>
    public ulong PageNumber => Value >> Page.Shift;

    /// <summary>Whether this is the first byte of a page.</summary>
    public bool IsPageAligned => Page.IsAligned(Value);

    /// <summary>The address <paramref name="count"/> bytes further on; the caller has proved that it does not wrap.</summary>
    public static Hva operator +(Hva address, ulong count) => new(unchecked(address.Value + count));

    /// <summary>The address <paramref name="count"/> bytes further on, or an <see cref="OverflowException"/>.</summary>
    public static Hva operator checked +(Hva address, ulong count) => new(checked(address.Value + count));

    /// <summary>The distance from <paramref name="start"/> to <paramref name="end"/> in bytes.</summary>
    public static ulong operator -(Hva end, Hva start) => unchecked(end.Value - start.Value);

    /// <summary>Adds a count that may come from a guest.</summary>
    /// <returns><see langword="false"/> when the sum wraps.</returns>
    public bool TryAdd(ulong count, out Hva sum)
    {
        sum = this + count;
        return sum.Value >= Value;
    }

    /// <summary>Orders by address.</summary>
    public static bool operator <(Hva left, Hva right) => left.Value < right.Value;

    /// <summary>Orders by address.</summary>
    public static bool operator <=(Hva left, Hva right) => left.Value <= right.Value;

    /// <summary>Orders by address.</summary>
    public static bool operator >(Hva left, Hva right) => left.Value > right.Value;

    /// <summary>Orders by address.</summary>
    public static bool operator >=(Hva left, Hva right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(Hva other) => Value.CompareTo(other.Value);

    /// <summary>The kind and the value in hex.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"hva:{Value:x}");
}
