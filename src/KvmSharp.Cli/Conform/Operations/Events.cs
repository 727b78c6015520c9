using System.Collections.Generic;
using KvmSharp.Buses;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary><c>eventfd NAME</c>: an event, with a count of zero.</summary>
sealed class CreateEvent(ArgumentReader reader) : Operation
{
    readonly string _name = reader.Word("a name").Text;

    internal override ConformFeature Needs => ConformFeature.Ioevent;

    internal override string Run(ConformMachine machine)
    {
        machine.CreateEvent(_name);
        return Outcome.Done;
    }
}

/// <summary><c>take NAME</c>: how often an event was raised since it was last taken.</summary>
sealed class TakeEvent(ArgumentReader reader) : Operation
{
    readonly string _name = reader.Word("a name").Text;

    internal override ConformFeature Needs => ConformFeature.Ioevent;

    internal override string Run(ConformMachine machine) => Outcome.Of(machine.TakeEvent(_name));
}

/// <summary><c>ioevent ADDRESS fd= len= data= flags=</c>: <c>KVM_IOEVENTFD</c>.</summary>
sealed class SetIoevent(ArgumentReader reader) : Operation
{
    static readonly Dictionary<string, uint> _flagNames = new()
    {
        ["match"] = 1,
        ["pio"] = 2,
        ["remove"] = 4,
    };

    readonly Expression _address = reader.Number("an address");
    readonly string _descriptor = reader.TryTake("fd", out Argument name) ? name.Text : "";
    readonly Expression _length = reader.Number("len", 0);
    readonly Expression _data = reader.Number("data", 0);
    readonly uint _flags = reader.Flags("flags", _flagNames);

    internal override ConformFeature Needs => ConformFeature.Ioevent;

    internal override string Run(ConformMachine machine) => Outcome.Of(
        machine.SetIoevent(_address.On(0), (uint)_length.On(0), _descriptor, _flags, _data.On(0)));
}

/// <summary><c>signal NAME</c>: raises an event, as whoever holds its descriptor does.</summary>
sealed class SignalEvent(ArgumentReader reader) : Operation
{
    readonly string _name = reader.Word("a name").Text;

    internal override ConformFeature Needs => ConformFeature.Ioevent;

    internal override string Run(ConformMachine machine)
    {
        machine.SignalEvent(_name);
        return Outcome.Done;
    }
}

/// <summary><c>irqfd GSI fd= flags= resample=</c>: <c>KVM_IRQFD</c>.</summary>
sealed class SetIrqfd(ArgumentReader reader) : Operation
{
    static readonly Dictionary<string, uint> _flagNames = new() { ["remove"] = 1, ["resample"] = 2 };

    readonly Expression _gsi = reader.Number("an interrupt line");
    readonly string _descriptor = reader.TryTake("fd", out Argument name) ? name.Text : "";
    readonly string _resampled = reader.TryTake("resample", out Argument name) ? name.Text : "";
    readonly uint _flags = reader.Flags("flags", _flagNames);

    internal override ConformFeature Needs => ConformFeature.Ioevent;

    internal override string Run(ConformMachine machine) =>
        Outcome.Of(machine.SetIrqfd(_descriptor, (uint)_gsi.On(0), _flags, _resampled));
}

/// <summary>
/// <c>coalesce ADDRESS size= pio=</c>: <c>KVM_REGISTER_COALESCED_MMIO</c>; with <c>flags=remove</c>, the opposite.
/// </summary>
sealed class SetCoalesced(ArgumentReader reader) : Operation
{
    static readonly Dictionary<string, uint> _flagNames = new() { ["remove"] = 1 };

    readonly Expression _address = reader.Number("an address");
    readonly Expression _size = reader.Number("size", 0);
    readonly Expression _pio = reader.Number("pio", 0);
    readonly bool _removes = reader.Flags("flags", _flagNames) != 0;

    internal override ConformFeature Needs => ConformFeature.Coalesced;

    internal override string Run(ConformMachine machine) =>
        Outcome.Of(machine.SetCoalesced(_address.On(0), (uint)_size.On(0), (uint)_pio.On(0), _removes));
}

/// <summary><c>coalesced</c>: how many writes wait. <c>coalesced take</c>: takes the oldest.</summary>
sealed class TakeCoalesced : Operation
{
    readonly bool _takes;

    internal TakeCoalesced(ArgumentReader reader)
    {
        if (!reader.TryTakeNext(out Argument word))
            return;
        _takes = word.Text == "take";
        if (!_takes)
            throw new ConformSyntaxException(word.Column, $"\"{word.Text}\" is not \"take\"");
    }

    internal override ConformFeature Needs => ConformFeature.Coalesced;

    internal override string Run(ConformMachine machine)
    {
        if (_takes)
            return machine.TryTakeCoalesced(out CoalescedWrite write) ? Describe(write) : "none";
        int count = machine.CountCoalesced();
        return count < 0 ? "no-vcpu" : Outcome.Of((ulong)count);
    }

    static string Describe(in CoalescedWrite write) =>
        $"{(write.IsPort ? "pio" : "mmio")} {Outcome.Of(write.Address)} {Outcome.Of((ulong)write.Length)} {Outcome.Of(write.Data)}";
}
