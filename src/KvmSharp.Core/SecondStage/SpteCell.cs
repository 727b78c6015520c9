using System.Threading;

namespace KvmSharp.SecondStage;

/// <summary>
/// Atomic changes of one entry in its table. Everything that touches an entry another thread can see goes through here.
/// </summary>
/// <remarks>
/// Every change but <see cref="TryInstall"/> starts from a present value, and <see cref="TryInstall"/> runs only with
/// zaps shut out; so an entry that a zap has cleared stays clear, however late an update of its bits arrives.
/// </remarks>
static class SpteCell
{
    /// <summary>Reads the entry.</summary>
    /// <remarks>Pairs with the exchanges here: a reader of the host page sees what was prepared before it was mapped.</remarks>
    public static ulong Read(ref readonly ulong cell) => Volatile.Read(in cell);

    /// <summary>Fills a free entry.</summary>
    public static bool TryInstall(ref ulong cell, ulong value) => Interlocked.CompareExchange(ref cell, value, 0) == 0;

    /// <summary>Sets <paramref name="bits"/> while <paramref name="required"/> are all set.</summary>
    /// <returns>Whether the bits are set now; <see langword="false"/> when a required bit is clear.</returns>
    /// <remarks>
    /// A compare-exchange and not an atomic OR: the OR would bring bits back into an entry that a zap has just cleared.
    /// </remarks>
    public static bool TrySet(ref ulong cell, ulong bits, ulong required)
    {
        ulong seen = Read(in cell);
        while ((seen & required) == required)
        {
            if ((seen & bits) == bits)
                return true;
            ulong found = Interlocked.CompareExchange(ref cell, seen | bits, seen);
            if (found == seen)
                return true;
            seen = found;
        }

        return false;
    }

    /// <summary>Clears <paramref name="bits"/>.</summary>
    /// <returns>Those that were set.</returns>
    public static ulong Clear(ref ulong cell, ulong bits) =>
        (Read(in cell) & bits) == 0 ? 0 : Interlocked.And(ref cell, ~bits) & bits;

    /// <summary>Frees the entry.</summary>
    /// <remarks>
    /// A plain store will do: it cannot fall inside the compare-exchange of <see cref="TrySet"/>, before which it makes
    /// that fail and after which it discards the bits, as a zap does.
    /// </remarks>
    public static void Free(ref ulong cell) => Volatile.Write(ref cell, 0);
}
