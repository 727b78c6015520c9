using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.HostMemory.Linux;

namespace KvmSharp.HostMemory;

// How long the memory stays mapped.
public abstract partial class HostMapping
{
    const int Disposed = int.MinValue;
    const int CountMask = int.MaxValue;

    // The references that keep the memory mapped, and Disposed once the owner has given up its own. Only touched
    // through Interlocked and Volatile. A count of zero is final.
    int _references = 1;

    /// <summary>Unmaps the memory of a mapping that everybody has forgotten.</summary>
    ~HostMapping()
    {
        // Whoever held a reference is as unreachable as this; a release that comes later finds zero and does nothing.
        if ((Interlocked.Exchange(ref _references, Disposed) & CountMask) != 0)
            Unmap(finalizing: true);
    }

    /// <summary>Whether the owner has given up the mapping. Slots may still keep it mapped.</summary>
    public bool IsDisposed => (Volatile.Read(ref _references) & Disposed) != 0;

    internal bool IsMapped => (Volatile.Read(ref _references) & CountMask) != 0;

    /// <summary>
    /// Gives up the owner's reference. The memory is unmapped when no slot holds it any more, at once or later; from
    /// here on the owner must not touch it. A second call does nothing.
    /// </summary>
    [SuppressMessage("Usage", "CA1816", Justification = "The finalizer is needed until the last reference goes.")]
    public void Dispose()
    {
        if ((Interlocked.Or(ref _references, Disposed) & Disposed) == 0)
            ReleaseReference();
        GC.KeepAlive(this);
    }

    /// <summary>Keeps the memory mapped until <see cref="ReleaseReference"/>.</summary>
    /// <returns><see langword="false"/> when it is unmapped already.</returns>
    internal bool TryAddReference()
    {
        int seen = Volatile.Read(ref _references);
        while ((seen & CountMask) != 0)
        {
            // The exchange is the claim: no release between the look and the step can have unmapped the memory.
            int before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
                return true;
            seen = before;
        }
        return false;
    }

    /// <summary>Gives back what <see cref="TryAddReference"/> took.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "The last reference frees, whoever holds it.")]
    internal void ReleaseReference()
    {
        int seen = Volatile.Read(ref _references);
        while ((seen & CountMask) != 0)
        {
            // A full fence: what the holder did with the memory is over before the last release unmaps it.
            int before = Interlocked.CompareExchange(ref _references, seen - 1, seen);
            if (before != seen)
            {
                seen = before;
                continue;
            }
            if ((before & CountMask) == 1)
            {
                Unmap(finalizing: false);
                GC.SuppressFinalize(this);
            }
            return;
        }
    }

    private protected virtual void Unmap(bool finalizing)
    {
        if (IsLinux)
            LinuxMemory.Unmap(_range);
        else if (!finalizing)
            _view?.Dispose();
    }

    private protected void HoldUndisposed()
    {
        ObjectDisposedException.ThrowIf(IsDisposed || !TryAddReference(), this);
    }

    void HoldForDiscard()
    {
        RequireDiscardAllowed();
        HoldUndisposed();
    }
}
