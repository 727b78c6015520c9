namespace KvmSharp.Litmus;

/// <summary>
/// Stores that miss the cache. Stores leave the store buffer in order, so whatever is announced by a plain store behind
/// one of these becomes visible late, as it may behind any store of a guest.
/// </summary>
sealed class ColdStores
{
    const int IndexBits = 21;

    readonly ulong[] _words = new ulong[1 << IndexBits];
    ulong _state = 1;

    internal void StoreSomewhere()
    {
        _state = (_state * 6364136223846793005) + 1442695040888963407;
        _words[_state >> (64 - IndexBits)] = _state;
    }
}
