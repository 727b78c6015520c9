using System;
using System.Globalization;

namespace KvmSharp.Addresses;

/// <summary>A guest frame number: a guest physical address in units of 4 KiB.</summary>
/// <param name="Value">Pages from the start of the guest physical address space.</param>
public readonly record struct Gfn(ulong Value) : IComparable<Gfn>
{
    /// <summary>The first byte of the frame. Frames of 2^52 and above have none.</summary>
    public Gpa Base => new(Value << Page.Shift);

    /// <summary>The address <paramref name="count"/> pages further on; the caller has proved that it does not wrap.</summary>
    public static Gfn operator +(Gfn address, ulong count) => new(unchecked(address.Value + count));

    /// <summary>The address <paramref name="count"/> pages further on, or an <see cref="OverflowException"/>.</summary>
    public static Gfn operator checked +(Gfn address, ulong count) => new(checked(address.Value + count));

    /// <summary>The distance from <paramref name="start"/> to <paramref name="end"/> in pages.</summary>
    public static ulong operator -(Gfn end, Gfn start) => unchecked(end.Value - start.Value);

    /// <summary>Adds a count that may come from a guest.</summary>
    /// <returns><see langword="false"/> when the sum wraps.</returns>
    public bool TryAdd(ulong count, out Gfn sum)
    {
        sum = this + count;
        return sum.Value >= Value;
    }

    /// <summary>Orders by address.</summary>
    public static bool operator <(Gfn left, Gfn right) => left.Value < right.Value;

    /// <summary>Orders by address.</summary>
    public static bool operator <=(Gfn left, Gfn right) => left.Value <= right.Value;

    /// <summary>Orders by address.</summary>
    public static bool operator >(Gfn left, Gfn right) => left.Value > right.Value;

    /// <summary>Orders by address.</summary>
    public static bool operator >=(Gfn left, Gfn right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(Gfn other) => Value.CompareTo(other.Value);

    /// <summary>The kind and the value in hex.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"gfn:{Value:x}");
}
