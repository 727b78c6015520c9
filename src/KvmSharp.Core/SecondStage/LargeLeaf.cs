using System.Threading;

namespace KvmSharp.SecondStage;

/// <summary>
/// A leaf above 4 KiB. It is an object of its own because such leaves are few: a table pays for those it holds, not for
/// a second row of entries.
/// </summary>
/// <remarks>
/// Invariant: once the value is 0 the leaf is <em>retired</em>: it is unlinked, or about to be by the thread that holds
/// the lock exclusively, and stays 0 for ever.
/// </remarks>
/// <param name="spte">A present large entry.</param>
sealed class LargeLeaf(Spte spte) : TableEntry
{
    /// <summary>What one costs: header, type and value.</summary>
    public const int Bytes = 24;

    ulong _value = spte.Value;

    /// <summary>The entry, to be changed through <see cref="SpteCell"/>.</summary>
    public ref ulong Cell => ref _value;

    /// <summary>The entry now; not present when the leaf is retired.</summary>
    public Spte Read() => new(SpteCell.Read(in _value));

    /// <summary>Retires the leaf.</summary>
    /// <returns>The last value it had.</returns>
    public ulong Retire() => Interlocked.Exchange(ref _value, 0);
}
