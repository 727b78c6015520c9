using System.Collections.Generic;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary>Which slot a line is about: its word, as KVM takes it.</summary>
readonly struct SlotWordArgument
{
    const int SpaceShift = 16;

    readonly Expression _id;
    readonly Expression _space;

    internal SlotWordArgument(ArgumentReader reader)
    {
        _id = reader.Number("a slot id");
        _space = reader.Number("space", 0);
    }

    internal uint On(ConformMachine machine) =>
        (uint)(_space.On(0) << SpaceShift) | (uint)_id.On(machine.Arena.Start.Value);
}

/// <summary><c>slot ID gpa= size= hva= flags= space=</c>: <c>KVM_SET_USER_MEMORY_REGION</c>.</summary>
sealed class SetSlot(ArgumentReader reader) : Operation
{
    internal static readonly Dictionary<string, uint> FlagNames = new()
    {
        ["log"] = 1,
        ["ro"] = 2,
        ["memfd"] = 4,
    };

    readonly SlotWordArgument _word = new(reader);
    readonly uint _flags = reader.Flags("flags", FlagNames);
    readonly Expression _gpa = reader.Number("gpa", 0);
    readonly Expression _size = reader.Number("size", 0);
    readonly Expression _hva = reader.Number("hva", 0);

    internal override string Run(ConformMachine machine)
    {
        ulong arena = machine.Arena.Start.Value;
        return Outcome.Of(machine.SetSlot(_word.On(machine), _flags, _gpa.On(arena), _size.On(arena), _hva.On(arena)));
    }
}

/// <summary><c>delete ID space=</c>: a slot of size zero.</summary>
sealed class DeleteSlot(ArgumentReader reader) : Operation
{
    readonly SlotWordArgument _word = new(reader);

    internal override string Run(ConformMachine machine) => Outcome.Of(machine.SetSlot(_word.On(machine), 0, 0, 0, 0));
}

/// <summary><c>fill COUNT first= gpa=</c>: slots of a page each, side by side; their host pages begin again after the arena.</summary>
sealed class FillSlots(ArgumentReader reader) : Operation
{
    const ulong PageSize = 4096;
    const ulong ArenaPages = ConformMachine.ArenaBytes / PageSize;

    readonly Expression _count = reader.Number("a count");
    readonly Expression _first = reader.Number("first", 0);
    readonly Expression _gpa = reader.Number("gpa", 0);

    internal override string Run(ConformMachine machine)
    {
        ulong arena = machine.Arena.Start.Value;
        for (ulong index = 0; index < _count.On(0); index++)
        {
            KvmErrno errno = machine.SetSlot(
                (uint)(_first.On(0) + index), 0, _gpa.On(arena) + (index * PageSize), PageSize,
                arena + (index % ArenaPages * PageSize));
            if (errno != KvmErrno.None)
                return $"{Outcome.Of(errno)} at {Outcome.Of(index)}";
        }
        return Outcome.Done;
    }
}

/// <summary><c>generation space=</c>: the stamp of a space's slots.</summary>
sealed class GetGeneration(ArgumentReader reader) : Operation
{
    readonly Expression _space = reader.Number("space", 0);

    internal override ConformFeature Needs => ConformFeature.Generation;

    internal override string Run(ConformMachine machine) => Outcome.Of(machine.Generation((uint)_space.On(0)));
}
