using System.Threading;

namespace KvmSharp.Litmus.Publish;

/// <summary>Broken: the two places change one after the other.</summary>
sealed class TwoStores() : SwapRace("two stores", isBroken: true)
{
    int _first = 1;
    int _second = 2;

    protected override void Swap()
    {
        (int first, int second) = (_first, _second);
        Volatile.Write(ref _first, second);
        Volatile.Write(ref _second, first);
    }

    protected override (int First, int Second) Look() => (Volatile.Read(ref _first), Volatile.Read(ref _second));
}
