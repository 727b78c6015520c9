using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary>
/// <c>memfd NAME size= flags=</c>: <c>KVM_CREATE_GUEST_MEMFD</c>. <c>memfd foreign NAME</c> has another machine make it, <c>memfd
/// close NAME</c> closes it.
/// </summary>
sealed class CreateMemfd : Operation
{
    const string Close = "close";
    const string Foreign = "foreign";

    readonly string _name;
    readonly bool _closes;
    readonly bool _isForeign;
    readonly Expression _size;
    readonly Expression _flags;

    internal CreateMemfd(ArgumentReader reader)
    {
        _name = reader.Word("a name").Text;
        _closes = _name == Close;
        _isForeign = _name == Foreign;
        if (_closes || _isForeign)
            _name = reader.Word("a name").Text;
        if (_closes)
            return;
        _size = reader.Number("size", 0);
        _flags = reader.Number("flags", 0);
    }

    internal override ConformFeature Needs => ConformFeature.GuestMemfd;

    internal override string Run(ConformMachine machine)
    {
        if (_closes)
        {
            machine.CloseMemfd(_name);
            return Outcome.Done;
        }
        return Outcome.Of(machine.CreateMemfd(_name, _size.On(0), _flags.On(0), _isForeign));
    }
}

/// <summary>
/// <c>slot2 ID gpa= size= hva= flags= space= fd= offset=</c>: <c>KVM_SET_USER_MEMORY_REGION2</c>; a descriptor by its name.
/// </summary>
sealed class SetSlot2(ArgumentReader reader) : Operation
{
    readonly SlotWordArgument _word = new(reader);
    readonly uint _flags = reader.Flags("flags", SetSlot.FlagNames);
    readonly Expression _gpa = reader.Number("gpa", 0);
    readonly Expression _size = reader.Number("size", 0);
    readonly Expression _hva = reader.Number("hva", 0);
    readonly string? _descriptor = reader.TryTake("fd", out Argument name) ? name.Text : null;
    readonly Expression _offset = reader.Number("offset", 0);

    internal override ConformFeature Needs => ConformFeature.GuestMemfd;

    internal override string Run(ConformMachine machine)
    {
        ulong arena = machine.Arena.Start.Value;
        return Outcome.Of(machine.SetSlot2(
            _word.On(machine), _flags, _gpa.On(arena), _size.On(arena), _hva.On(arena), _descriptor, _offset.On(0)));
    }
}
