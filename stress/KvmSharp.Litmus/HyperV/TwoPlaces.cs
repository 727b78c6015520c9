using System.Threading;

namespace KvmSharp.Litmus.HyperV;

/// <summary>A table by VP index, broken: the old place is emptied before the new one is filled.</summary>
sealed class TwoPlaces() : MoveRace("table copy, old place first", isBroken: true)
{
    int _first;
    int _second;

    protected override void Move(bool toFirst)
    {
        Volatile.Write(ref toFirst ? ref _second : ref _first, 0);
        Volatile.Write(ref toFirst ? ref _first : ref _second, 1);
    }

    protected override bool IsAnywhere() => (Volatile.Read(ref _first) | Volatile.Read(ref _second)) != 0;

    protected override bool IsFirst() => Volatile.Read(ref _first) != 0;
}
