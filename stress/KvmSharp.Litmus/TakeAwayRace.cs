using System;

namespace KvmSharp.Litmus;

/// <summary>
/// One user and one taker race in rounds: the user announces itself, looks whether the thing is still there, and uses
/// it for a while; the taker takes it away, waits for a user as the protocol says, and poisons it. Who has used poison
/// had something taken away under its hands.
/// </summary>
abstract class TakeAwayRace(string name, bool isBroken) : RoundRace(name, isBroken)
{
    internal const long Clean = 0x600D;
    internal const long Poison = 0xDEAD;

    readonly ColdStores _cold = new();

    // The user's, read when both have met.
    bool _usedPoison;

    // The taker's:
    int _use;
    bool _met;

    // Sides that arrive together still differ by a cache miss or two; the offset moves the window over that.
    protected sealed override int MaxOffset => 160;

    /// <summary>How long a use takes at most: long enough for the poison to arrive while it still goes on.</summary>
    protected virtual int MaxUse => 400;

    /// <summary>The user's side.</summary>
    /// <param name="use">How long the use takes.</param>
    /// <param name="data">What was found.</param>
    /// <returns><see langword="false"/> when the thing was seen to be gone.</returns>
    protected abstract bool TryUse(int use, out long data);

    /// <summary>The taker's side, with the poisoning at its end.</summary>
    /// <returns>Whether the user was met inside its use.</returns>
    protected abstract bool TakeAway();

    /// <summary>Puts the thing back, while nobody uses it.</summary>
    protected abstract void Restore();

    protected sealed override void Prepare(Random random)
    {
        Restore();
        _use = random.Next(MaxUse);
    }

    protected sealed override void Answer()
    {
        _cold.StoreSomewhere();
        _usedPoison = TryUse(_use, out long data) && data == Poison;
    }

    protected sealed override void Challenge() => _met = TakeAway();

    protected sealed override (bool Met, bool Violated) Judge() => (_met || _usedPoison, _usedPoison);
}
