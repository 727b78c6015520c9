using System;
using System.Globalization;

namespace KvmSharp.Addresses;

/// <summary>A half-open span of guest frames, proved not to wrap when it was made.</summary>
public readonly record struct GfnRange
{
    /// <summary>Makes the range [<paramref name="start"/>, <paramref name="start"/> + <paramref name="count"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The end wraps.</exception>
    public GfnRange(Gfn start, ulong count)
    {
        if (!start.TryAdd(count, out _))
            throw new ArgumentOutOfRangeException(nameof(count), $"{start} + 0x{count:x} pages wraps");
        Start = start;
        Count = count;
    }

    /// <summary>The first frame.</summary>
    public Gfn Start { get; }

    /// <summary>Pages in the range; zero is an empty range.</summary>
    public ulong Count { get; }

    /// <summary>The frame after the last.</summary>
    public Gfn End => Start + Count;

    /// <summary>Whether the range holds no frame.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Every frame number there is.</summary>
    public static GfnRange All => new(default, ulong.MaxValue);

    /// <summary>The range between two frames.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="end"/> is below <paramref name="start"/>.</exception>
    public static GfnRange Between(Gfn start, Gfn end)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(end.Value, start.Value, nameof(end));
        return new GfnRange(start, end - start);
    }

    /// <summary>Whether <paramref name="gfn"/> lies in the range.</summary>
    public bool Contains(Gfn gfn) => gfn - Start < Count;

    /// <summary>Whether the two ranges share a frame.</summary>
    public bool Overlaps(GfnRange other) => Start < other.End && other.Start < End;

    /// <summary>The frames that both ranges hold; empty when there are none.</summary>
    public GfnRange Intersect(GfnRange other)
    {
        Gfn start = Start > other.Start ? Start : other.Start;
        Gfn end = End < other.End ? End : other.End;
        return end > start ? Between(start, end) : default;
    }

    /// <summary>The range that both make up together, if they lie side by side, either way round, or one is empty.</summary>
    public bool TryJoin(GfnRange other, out GfnRange joined)
    {
        if (IsEmpty || other.End == Start)
            joined = new GfnRange(other.Start, other.Count + Count);
        else if (other.IsEmpty || End == other.Start)
            joined = new GfnRange(Start, Count + other.Count);
        else
        {
            joined = default;
            return false;
        }
        return true;
    }

    /// <summary>The bounds in hex.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"gfn:[{Start.Value:x},{End.Value:x})");
}
