using System;
using System.Numerics;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.InterruptControllers;

/// <summary>What connects the local APICs: a message goes in, and is delivered to whom it names.</summary>
/// <remarks>
/// Any thread sends. A message takes no lock as long as no APIC has changed its ids since the last one; after a change the
/// next sender makes another map, once for any number of changes.
/// </remarks>
sealed class ApicBus(VirtualMachine machine)
{
    /// <summary>What a message comes to that nobody is there for.</summary>
    internal const int Nobody = -1;

    const uint Broadcast = 0xFF;
    const uint X2Broadcast = uint.MaxValue;

    readonly Lock _mapping = new();

    // Raised by anyone by Interlocked, after the change; read with Volatile.Read.
    long _version;

    // Written under _mapping, read anywhere with Volatile.Read.
    ApicMap? _map;

    ApicMap Map
    {
        get
        {
            // Pairs with Invalidate: a map of this version was made after all changes that have raised it.
            long version = Volatile.Read(ref _version);
            return Volatile.Read(ref _map) is { } map && map.Version == version ? map : MakeMap();
        }
    }

    /// <summary>An APIC came or went, or can be found in another way: ids, models, whether it is enabled.</summary>
    internal void Invalidate() => Interlocked.Increment(ref _version);

    /// <summary>Delivers a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="source">The APIC that sends it; none for I/O APIC and devices.</param>
    /// <returns>How many took it; <see cref="Nobody"/> when it is known that nobody is there.</returns>
    internal int Deliver(in ApicMessage message, LocalApic? source)
    {
        if (message.Shorthand == Shorthand.Self && source is not null)
            return source.Accept(message) ? 1 : 0;
        uint everybody = source is { IsX2: true } ? X2Broadcast : Broadcast;
        if (message.Shorthand != Shorthand.None || message.Destination == everybody
            || !Map.TryFind(message, out ReadOnlySpan<LocalApic?> candidates, out uint members))
        {
            return Ask(message, source);
        }
        int taken = 0;
        for (; members != 0; members &= members - 1)
        {
            if (candidates[BitOperations.TrailingZeroCount(members)] is { } apic && apic.Accept(message))
                taken++;
        }
        return taken;
    }

    /// <summary>Delivers a message by asking each APIC whether it is meant.</summary>
    int Ask(in ApicMessage message, LocalApic? source)
    {
        ApicMessage sent = message;
        if (sent is { IsLogical: false, Destination: Broadcast, GoesToOne: true })
            sent = sent with { Mode = DeliveryMode.Fixed };
        int taken = Nobody;
        int candidates = 0;
        foreach (Vcpu vcpu in machine.Vcpus)
        {
            if (vcpu.Apic is not { IsEnabled: true } apic || !IsMeant(sent, source, apic))
                continue;
            if (sent.GoesToOne)
                candidates += apic.IsSoftwareEnabled ? 1 : 0;
            else
                taken = Math.Max(taken, 0) + (apic.Accept(sent) ? 1 : 0);
        }
        return candidates == 0 ? taken : DeliverToOne(sent, source, sent.Vector % candidates);
    }

    int DeliverToOne(in ApicMessage message, LocalApic? source, int turn)
    {
        foreach (Vcpu vcpu in machine.Vcpus)
        {
            if (vcpu.Apic is { IsEnabled: true, IsSoftwareEnabled: true } apic && IsMeant(message, source, apic) && turn-- == 0)
                return apic.Accept(message) ? 1 : 0;
        }
        return Nobody;
    }

    static bool IsMeant(in ApicMessage message, LocalApic? source, LocalApic apic)
    {
        if (message.Shorthand != Shorthand.None)
            return message.Shorthand == Shorthand.All || ReferenceEquals(apic, source) == (message.Shorthand == Shorthand.Self);
        uint destination = message.Destination;
        // What no APIC has sent has eight bits of destination, and means everybody by all of them.
        bool isBroadcast = destination == (apic.IsX2 && source is not null ? X2Broadcast : Broadcast);
        if (isBroadcast)
            return true;
        if (!message.IsLogical)
            return apic.IsX2 || destination > byte.MaxValue ? destination == apic.Vcpu.Id.Value : destination == apic.PhysicalId;
        uint id = apic.LogicalId;
        if (apic.IsX2)
            return id >> 16 == destination >> 16 && (id & destination & 0xFFFF) != 0;
        id >>= 24;
        return apic.IsFlat ? (id & destination & 0xFF) != 0
            : apic.IsCluster && id >> 4 == destination >> 4 && (id & destination & 0xF) != 0;
    }

    ApicMap MakeMap()
    {
        lock (_mapping)
        {
            long version = Volatile.Read(ref _version);
            if (_map is { } map && map.Version == version)
                return map;
            map = new ApicMap(machine.Vcpus, version);
            // Complete before it is seen. Pairs with Map.
            Volatile.Write(ref _map, map);
            return map;
        }
    }
}
