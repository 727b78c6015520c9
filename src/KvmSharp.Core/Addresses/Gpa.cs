using System;
using System.Globalization;

namespace KvmSharp.Addresses;

/// <summary>A guest physical address in bytes.</summary>
/// <param name="Value">Bytes from the start of the guest physical address space.</param>
public readonly record struct Gpa(ulong Value) : IComparable<Gpa>
{
    /// <summary>The frame that holds this byte.</summary>
    public Gfn Frame => new(Value >> Page.Shift);

    /// <summary>The byte within its page.</summary>
    public int PageOffset => (int)(Value & Page.OffsetMask);

    /// <summary>Whether this is the first byte of a page.</summary>
    public bool IsPageAligned => Page.IsAligned(Value);

    /// <summary>The address <paramref name="count"/> bytes further on; the caller has proved that it does not wrap.</summary>
    public static Gpa operator +(Gpa address, ulong count) => new(unchecked(address.Value + count));

    /// <summary>The address <paramref name="count"/> bytes further on, or an <see cref="OverflowException"/>.</summary>
    public static Gpa operator checked +(Gpa address, ulong count) => new(checked(address.Value + count));

    /// <summary>The distance from <paramref name="start"/> to <paramref name="end"/> in bytes.</summary>
    public static ulong operator -(Gpa end, Gpa start) => unchecked(end.Value - start.Value);

    /// <summary>Adds a count that may come from a guest.</summary>
    /// <returns><see langword="false"/> when the sum wraps.</returns>
    public bool TryAdd(ulong count, out Gpa sum)
    {
        sum = this + count;
        return sum.Value >= Value;
    }

    /// <summary>Orders by address.</summary>
    public static bool operator <(Gpa left, Gpa right) => left.Value < right.Value;

    /// <summary>Orders by address.</summary>
    public static bool operator <=(Gpa left, Gpa right) => left.Value <= right.Value;

    /// <summary>Orders by address.</summary>
    public static bool operator >(Gpa left, Gpa right) => left.Value > right.Value;

    /// <summary>Orders by address.</summary>
    public static bool operator >=(Gpa left, Gpa right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(Gpa other) => Value.CompareTo(other.Value);

    /// <summary>The kind and the value in hex.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"gpa:{Value:x}");
}
