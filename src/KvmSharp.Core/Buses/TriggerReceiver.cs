using System;

namespace KvmSharp.Buses;

/// <summary>Raises an event for each write that a trigger means.</summary>
sealed class TriggerReceiver(in WriteTrigger trigger, IMachineEvent raised)
    : BusReceiver(trigger.Address, trigger.Length)
{
    readonly WriteTrigger _trigger = trigger;

    internal ref readonly WriteTrigger Trigger => ref _trigger;

    internal IMachineEvent Raised => raised;

    internal override bool TryTake(ulong at, ReadOnlySpan<byte> data)
    {
        if (at != _trigger.Address || (_trigger.Length != 0 && _trigger.Length != data.Length))
            return false;
        if (_trigger.Data is { } wanted && wanted != BusData.Pack(data))
            return false;
        raised.Raise();
        return true;
    }
}
