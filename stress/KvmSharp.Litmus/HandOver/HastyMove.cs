using System;
using System.Threading;

namespace KvmSharp.Litmus.HandOver;

/// <summary>Broken: the vCPU is told, but the former array is cleared without waiting until it has moved.</summary>
sealed class HastyMove() : MoveRace("copy, no waiting", isBroken: true)
{
    const int Growths = 200;
    const int Length = 64;

    object?[] _newest = [];
    bool _mustMove;

    // The vCPU's own.
    object?[] _cached = [];

    protected override void Begin() => _cached = _newest = Filled();

    protected override int Grow()
    {
        for (int growth = 0; growth < Growths; growth++)
        {
            object?[] former = _newest;
            Volatile.Write(ref _newest, Filled());
            Volatile.Write(ref _mustMove, true);
            Interlocked.MemoryBarrier();
            Array.Clear(former);
        }
        return Growths;
    }

    protected override bool Look(Random random, out bool moved)
    {
        moved = Volatile.Read(ref _mustMove);
        if (moved)
        {
            Volatile.Write(ref _mustMove, false);
            Interlocked.MemoryBarrier();
            _cached = Volatile.Read(ref _newest);
        }
        return Volatile.Read(ref _cached[random.Next(Length)]) is not null;
    }

    static object?[] Filled()
    {
        object?[] entries = new object?[Length];
        Array.Fill(entries, entries);
        return entries;
    }
}
