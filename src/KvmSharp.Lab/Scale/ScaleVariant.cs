using System.Collections.Generic;
using System.Globalization;

namespace KvmSharp.Lab.Scale;

/// <summary>What tells a case from others of the same operation, design and count.</summary>
/// <param name="Shuffled">Whether the numbers that are looked up are in no order; null where there are none.</param>
/// <param name="Set">Members of the set that is translated.</param>
/// <param name="Dirty">Pages that are dirty.</param>
/// <param name="Threads">Threads that read at the same time.</param>
public readonly record struct ScaleVariant(bool? Shuffled = null, int? Set = null, long? Dirty = null, int? Threads = null)
{
    /// <summary>In words for a table; empty when nothing is told apart.</summary>
    public override string ToString()
    {
        var words = new List<string>();
        if (Set is { } set)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"set of {set}"));
        if (Dirty is { } dirty)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{dirty} dirty"));
        if (Threads is { } threads)
            words.Add(threads == 1 ? "1 thread" : string.Create(CultureInfo.InvariantCulture, $"{threads} threads"));
        if (Shuffled is { } shuffled)
            words.Add(shuffled ? "shuffled" : "in order");
        return string.Join(", ", words);
    }
}
