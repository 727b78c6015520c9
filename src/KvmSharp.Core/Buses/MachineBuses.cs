using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Reclaim;

namespace KvmSharp.Buses;

/// <summary>
/// Guest writes that need not leave the guest: those that raise an event (<c>KVM_IOEVENTFD</c>) and those that are collected
/// (<c>KVM_REGISTER_COALESCED_MMIO</c>), with KVM's checks in KVM's order.
/// </summary>
/// <remarks>
/// All members may be called from any thread, while vCPUs run. A CPU asks <see cref="Memory"/> about what its memory view
/// could not write, and <see cref="Ports"/> about outputs, before it tells its user;
/// <see cref="Vcpus.GuestMemory.Complete{T}"/> has asked already. KVM's third bus, for triggers of any length, only spares it the decoding of
/// an instruction, and is not needed here.
/// </remarks>
public sealed class MachineBuses
{
    /// <summary>Coalesced zones of each bus at most (<c>NR_IOBUS_DEVS</c>). Triggers are not counted, but refused when it is full.</summary>
    public const int MostZones = 1000;

    readonly ReadSections _sections;
    readonly Lock _changing = new();

    internal MachineBuses(ReadSections sections)
    {
        _sections = sections;
        Memory = new IoBus(sections);
        Ports = new IoBus(sections);
    }

    /// <summary>Guest physical addresses that no slot takes.</summary>
    public IoBus Memory { get; }

    /// <summary>Ports.</summary>
    public IoBus Ports { get; }

    /// <summary>Writes to coalesced zones that wait; one ring for both buses, as in KVM.</summary>
    public CoalescedRing Coalesced { get; } = new();

    /// <summary>Lets a write raise an event instead of leaving the guest.</summary>
    /// <param name="trigger">Which write.</param>
    /// <param name="raised">What it raises, on the vCPU's thread.</param>
    /// <returns>
    /// <see cref="KvmErrno.EINVAL"/>: no write could be like this. <see cref="KvmErrno.EEXIST"/>: a trigger is there that could
    /// mean the same write. <see cref="KvmErrno.ENOSPC"/>: the bus has all the zones it can have.
    /// </returns>
    public KvmErrno TryAddTrigger(in WriteTrigger trigger, IMachineEvent raised)
    {
        ArgumentNullException.ThrowIfNull(raised);
        if (!trigger.IsPossible)
            return KvmErrno.EINVAL;
        lock (_changing)
        {
            foreach (BusReceiver receiver in BusOf(trigger.IsPort).Ranges.All)
            {
                if (receiver is TriggerReceiver other && other.Trigger.Collides(trigger))
                    return KvmErrno.EEXIST;
            }
            return TryAdd(trigger.IsPort, new TriggerReceiver(trigger, raised));
        }
    }

    /// <summary>Takes a trigger away. When this returns, it raises nothing any more.</summary>
    /// <returns><see cref="KvmErrno.ENOENT"/>: there is none like this for this event.</returns>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section.</exception>
    public KvmErrno TryRemoveTrigger(in WriteTrigger trigger, IMachineEvent raised)
    {
        ReadSections.ThrowIfInside();
        lock (_changing)
        {
            IoBus bus = BusOf(trigger.IsPort);
            TriggerReceiver? found = null;
            foreach (BusReceiver receiver in bus.Ranges.All)
            {
                if (receiver is TriggerReceiver other && other.Trigger == trigger && ReferenceEquals(other.Raised, raised))
                {
                    found = other;
                    break;
                }
            }
            if (found is null)
                return KvmErrno.ENOENT;
            bus.Ranges = bus.Ranges.Without(found);
        }
        _sections.WaitForReaders();
        return KvmErrno.None;
    }

    /// <summary>Collects writes to a range instead of leaving the guest for each. Zones may overlap, and be there twice.</summary>
    /// <param name="zone">The range.</param>
    /// <returns><see cref="KvmErrno.ENOSPC"/>: the bus has all the zones it can have.</returns>
    public KvmErrno TryAddZone(in CoalescedZone zone)
    {
        lock (_changing)
        {
            Coalesced.Prepare();
            return TryAdd(zone.IsPort, new ZoneReceiver(zone, Coalesced));
        }
    }

    /// <summary>
    /// Takes away every zone that wholly contains a range – those that are larger too, and there may be none. When this
    /// returns, they collect nothing any more; what they have collected stays.
    /// </summary>
    /// <param name="range">The range.</param>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section.</exception>
    public void RemoveZones(in CoalescedZone range)
    {
        ReadSections.ThrowIfInside();
        lock (_changing)
        {
            IoBus bus = BusOf(range.IsPort);
            var removed = new List<BusReceiver>();
            foreach (BusReceiver receiver in bus.Ranges.All)
            {
                if (receiver is ZoneReceiver other && other.Zone.Contains(range.Address, unchecked((int)range.Size)))
                    removed.Add(other);
            }
            if (removed.Count == 0)
                return;
            BusRanges rest = bus.Ranges;
            foreach (BusReceiver receiver in removed)
                rest = rest.Without(receiver);
            bus.Ranges = rest;
        }
        _sections.WaitForReaders();
    }

    /// <summary>Puts devices on the buses that stay as long as the machine. They take the room of zones.</summary>
    internal void Attach(ReadOnlySpan<DeviceReceiver> atPorts, ReadOnlySpan<DeviceReceiver> inMemory)
    {
        lock (_changing)
        {
            foreach (DeviceReceiver device in atPorts)
                Ports.Ranges = Ports.Ranges.With(device);
            foreach (DeviceReceiver device in inMemory)
                Memory.Ranges = Memory.Ranges.With(device);
        }
    }

    KvmErrno TryAdd(bool isPort, BusReceiver receiver)
    {
        IoBus bus = BusOf(isPort);
        if (bus.Ranges.ZoneCount >= MostZones)
            return KvmErrno.ENOSPC;
        bus.Ranges = bus.Ranges.With(receiver);
        return KvmErrno.None;
    }

    IoBus BusOf(bool isPort) => isPort ? Ports : Memory;
}
