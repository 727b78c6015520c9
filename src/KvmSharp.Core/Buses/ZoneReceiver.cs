using System;

namespace KvmSharp.Buses;

/// <summary>Collects writes to a zone in the machine's ring.</summary>
sealed class ZoneReceiver(in CoalescedZone zone, CoalescedRing ring)
    : BusReceiver(zone.Address, unchecked((int)zone.Size))
{
    readonly CoalescedZone _zone = zone;

    internal ref readonly CoalescedZone Zone => ref _zone;

    internal override bool TryTake(ulong at, ReadOnlySpan<byte> data) =>
        _zone.Contains(at, data.Length)
        && ring.TryAdd(new CoalescedWrite(at, data.Length, _zone.IsPort, BusData.Pack(data)));
}
