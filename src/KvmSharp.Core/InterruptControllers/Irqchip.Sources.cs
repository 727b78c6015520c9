using System;
using System.Threading;
using KvmSharp.Buses;
using KvmSharp.Reclaim;

namespace KvmSharp.InterruptControllers;

// Events that raise lines: KVM_IRQFD.
partial class Irqchip
{
    // Taken by whoever adds or removes one.
    readonly Lock _sourcesLock = new();

    // Replaced as a whole under _sourcesLock, read anywhere with Volatile.Read:
    EventSource[] _sources = [];

    bool HasResamplers
    {
        get
        {
            foreach (EventSource source in Volatile.Read(ref _sources))
            {
                if (source.Resampled is not null)
                    return true;
            }
            return false;
        }
    }

    /// <summary>Lets an event raise a line.</summary>
    /// <param name="gsi">The line. Any number: where it leads is decided when the event is raised.</param>
    /// <param name="source">The event. While it is here, its count is taken when it is raised.</param>
    /// <param name="resampled">
    /// If given, the line stays high until the guest has ended the interrupt, and this is raised then.
    /// </param>
    /// <returns><see cref="KvmErrno.EBUSY"/>: the event raises a line already.</returns>
    public KvmErrno TryAddSource(uint gsi, CountedEvent source, IMachineEvent? resampled = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        var added = new EventSource(this, gsi, source, resampled);
        lock (_sourcesLock)
        {
            if (!source.TryListen(added))
                return KvmErrno.EBUSY;
            // Complete before it is seen. Pairs with Acknowledged and HasResamplers.
            Volatile.Write(ref _sources, [.. _sources, added]);
        }
        // Raised before it was here: that counts, too. Pairs with CountedEvent.Raise: whoever raises after this looked hears it.
        if (source.Wait(TimeSpan.Zero))
            added.Raise();
        return KvmErrno.None;
    }

    /// <summary>Takes an event away from a line. When this returns, it raises the line no more; no error if it did not.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section.</exception>
    public void RemoveSource(uint gsi, CountedEvent source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ReadSections.ThrowIfInside();
        EventSource? removed;
        lock (_sourcesLock)
        {
            removed = Array.Find(_sources, other => other.Gsi == gsi && ReferenceEquals(other.Event, source));
            if (removed is null)
                return;
            source.StopListening();
            Volatile.Write(ref _sources, Array.FindAll(_sources, other => !ReferenceEquals(other, removed)));
        }
        _machine.Sections.WaitForReaders();
        // Nobody is left to lower it at the interrupt's end.
        if (removed.Resampled is not null && !Array.Exists(_sources, other => other.Gsi == gsi && other.Resampled is not null))
            SetLine(gsi, LineSource.Resampled, level: false);
    }

    /// <summary>A pin's interrupt has ended. Under <see cref="_chipsLock"/>.</summary>
    internal void Acknowledged(IrqchipId chip, int pin)
    {
        int gsi = Routing.LineOf(chip, pin);
        if (gsi < 0)
            return;
        bool isLowered = false;
        foreach (EventSource source in Volatile.Read(ref _sources))
        {
            if (source.Resampled is not { } resampled || source.Gsi != (uint)gsi)
                continue;
            // First low, for all of them; who still has something to say raises it again.
            if (!isLowered)
                SetLine((uint)gsi, LineSource.Resampled, level: false);
            isLowered = true;
            resampled.Raise();
        }
    }

    /// <summary>What an event does to a line.</summary>
    sealed class EventSource(Irqchip chip, uint gsi, CountedEvent source, IMachineEvent? resampled) : IEventListener
    {
        internal uint Gsi => gsi;

        internal CountedEvent Event => source;

        internal IMachineEvent? Resampled => resampled;

        void IEventListener.Raised() => Raise();

        internal void Raise()
        {
            // Who removes it waits for this section, and then it raises nothing any more.
            using (chip._machine.Sections.Enter())
            {
                if (!source.IsListener(this))
                    return;
                if (resampled is not null)
                {
                    chip.SetLine(gsi, LineSource.Resampled, level: true);
                    return;
                }
                chip.SetLine(gsi, LineSource.User, level: true);
                chip.SetLine(gsi, LineSource.User, level: false);
            }
        }
    }
}
