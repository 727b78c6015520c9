using System;

namespace KvmSharp.Litmus.EnterGuest;

/// <summary>
/// An owner enters guest mode while a requester makes a request. The owner may miss the request, or the requester may
/// miss that the vCPU runs, but never both: the request would be neither served nor awaited.
/// </summary>
abstract class EnterRace(string name, bool isBroken) : RoundRace(name, isBroken)
{
    // Each written by one side, read when both have met.
    bool _entered;
    bool _running;

    /// <summary>The owner's side.</summary>
    /// <returns>Whether it entered, that is, saw no request.</returns>
    protected abstract bool TryEnter();

    /// <summary>The requester's side.</summary>
    /// <returns>Whether it saw the vCPU in guest mode.</returns>
    protected abstract bool Request();

    /// <summary>Leaves guest mode and forgets the request.</summary>
    protected abstract void Leave();

    protected sealed override void Prepare(Random random) => Leave();

    protected sealed override void Answer() => _entered = TryEnter();

    protected sealed override void Challenge() => _running = Request();

    protected sealed override (bool Met, bool Violated) Judge() => (_entered != _running, _entered && !_running);
}
