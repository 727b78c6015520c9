using System;
using System.Globalization;

namespace KvmSharp.Addresses;

/// <summary>A half-open span of host virtual addresses in bytes, proved not to wrap when it was made.</summary>
public readonly record struct HvaRange
{
    /// <summary>Makes the range [<paramref name="start"/>, <paramref name="start"/> + <paramref name="length"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The end wraps.</exception>
    public HvaRange(Hva start, ulong length)
    {
        if (!start.TryAdd(length, out _))
            throw new ArgumentOutOfRangeException(nameof(length), $"{start} + 0x{length:x} bytes wraps");
        Start = start;
        Length = length;
    }

    /// <summary>The first byte.</summary>
    public Hva Start { get; }

    /// <summary>Bytes in the range; zero is an empty range.</summary>
    public ulong Length { get; }

    /// <summary>The byte after the last.</summary>
    public Hva End => Start + Length;

    /// <summary>The last byte, as the closed intervals of KVM's hva walks name it. The range must not be empty.</summary>
    public Hva Last => new(End.Value - 1);

    /// <summary>Whether the range holds no byte.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Whether <paramref name="hva"/> lies in the range.</summary>
    public bool Contains(Hva hva) => hva - Start < Length;

    /// <summary>Whether <paramref name="other"/> lies wholly in the range.</summary>
    public bool Contains(HvaRange other) => other.Start >= Start && other.End <= End;

    /// <summary>Whether the two ranges share a byte.</summary>
    public bool Overlaps(HvaRange other) => Start < other.End && other.Start < End;

    /// <summary>The bounds in hex.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"hva:[{Start.Value:x},{End.Value:x})");
}
