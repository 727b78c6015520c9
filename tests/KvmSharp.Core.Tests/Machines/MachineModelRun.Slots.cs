using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Tests.Machines;

// Slot changes: sound ones, refused ones, and several at once.
sealed partial class MachineModelRun
{
    void ChangeSlots()
    {
        int space = _random.Next(Spaces);
        int choice = _random.Next(20);
        if (choice == 0)
        {
            _vm.Slots.DirtyLogInitiallySet = _model.InitiallySet = _random.Next(2) == 0;
            return;
        }
        if (choice == 1)
        {
            AddSlot(space);
            return;
        }
        if (choice < 5)
        {
            Transact(space);
            return;
        }
        ModelEdit edit = PickEdit(space);
        KvmErrno expected = _model.Apply(space, [edit]);
        Require(Apply(space, edit).Errno, expected, $"{edit}");
        Require(_vm.Generation(space), _model.Generations[space], "generation");
    }

    SlotRefusal Apply(int number, ModelEdit edit)
    {
        var space = new AddressSpaceId((byte)number);
        return edit.Kind switch
        {
            SlotEditKind.Move => _vm.Slots.TryMove(edit.Region.Id, edit.Region.Gpa, space),
            SlotEditKind.SetFlags => _vm.Slots.TrySetFlags(edit.Region.Id, edit.Region.Flags, space),
            _ when edit.Region == new MemoryRegion { Id = edit.Region.Id } => _vm.Slots.TryDelete(edit.Region.Id, space),
            _ => _vm.Slots.TrySet(edit.Region with { Space = space, Backing = _memory }),
        };
    }

    void Transact(int space)
    {
        var edits = new List<ModelEdit>();
        if (_model.Count(space) >= 2 && _random.Next(2) == 0)
        {
            // Two slots take each other's place; of unlike size they may not fit.
            List<ModelSlot> slots = _model.Slots.FindAll(slot => slot.Space == space);
            int first = _random.Next(slots.Count);
            int second = (first + 1 + _random.Next(slots.Count - 1)) % slots.Count;
            edits.Add(Relocation(slots[first].Id, slots[second].Gfn));
            edits.Add(Relocation(slots[second].Id, slots[first].Gfn));
        }
        for (int wanted = _random.Next(4); wanted > 0; wanted--)
            edits.Add(PickEdit(space));

        SlotTransaction transaction = _vm.Slots.BeginTransaction(new AddressSpaceId((byte)space));
        foreach (ModelEdit edit in edits)
        {
            _ = edit.Kind switch
            {
                SlotEditKind.Move => transaction.Move(edit.Region.Id, edit.Region.Gpa),
                SlotEditKind.SetFlags => transaction.SetFlags(edit.Region.Id, edit.Region.Flags),
                _ => transaction.Set(edit.Region with { Backing = _memory }),
            };
        }
        KvmErrno expected = _model.Apply(space, edits);
        Require(transaction.TryApply().Errno, expected, string.Join("; ", edits));
        Require(_vm.Generation(space), _model.Generations[space], "generation");
    }

    static ModelEdit Relocation(int id, ulong gfn) =>
        new(SlotEditKind.Move, new MemoryRegion { Id = new SlotId((ushort)id), Gpa = new Gpa(gfn * Page.Size) });

    void AddSlot(int space)
    {
        if (_model.Slots.Count >= MaxSlots)
            return;
        int id = 0;
        while (_model.ById(space, id) is not null)
            id++;
        MemoryRegion region = PickRegion(space, id);
        KvmErrno expected = _model.Apply(space, [new ModelEdit(SlotEditKind.Set, region)]);
        try
        {
            SlotId given = _vm.Slots.Add(
                region.Gpa, _memory, region.Hva - _memory.Start, region.Size, region.Flags, new AddressSpaceId((byte)space));
            Require((given.Value, KvmErrno.None), ((ushort)id, expected), "id given");
        }
        catch (KvmException refused)
        {
            Require(refused.Errno, expected, "refused to add");
        }
    }

    ModelEdit PickEdit(int space)
    {
        int choice = _random.Next(16);
        List<ModelSlot> slots = _model.Slots.FindAll(slot => slot.Space == space);
        if (slots.Count == 0 || (choice < 5 && _model.Slots.Count < MaxSlots))
            return new ModelEdit(SlotEditKind.Set, Spoil(PickRegion(space, PickId())));

        ModelSlot slot = slots[_random.Next(slots.Count)];
        var id = new SlotId((ushort)(_random.Next(16) == 0 ? PickId() : slot.Id));
        var to = new Gpa(PickFrame(space) * Page.Size);
        var flags = (SlotFlags)((uint)slot.Flags ^ (uint)_random.Next(_random.Next(4) == 0 ? 8 : 2));
        MemoryRegion same = new(id, slot.Flags, new Gpa(slot.Gfn * Page.Size), slot.Pages * Page.Size, new Hva(slot.Hva));
        return choice switch
        {
            < 7 => new ModelEdit(SlotEditKind.Set, new MemoryRegion { Id = id }),
            < 9 => new ModelEdit(SlotEditKind.SetFlags, new MemoryRegion { Id = id, Flags = flags }),
            < 12 => new ModelEdit(SlotEditKind.Move, new MemoryRegion { Id = id, Gpa = to }),
            12 => new ModelEdit(SlotEditKind.Set, same with { Gpa = to, Flags = flags }),
            13 => new ModelEdit(SlotEditKind.Set, same with { Flags = flags }),
            14 => new ModelEdit(SlotEditKind.Set, Spoil(same)),
            // Only now is it found that the slot, hidden already, cannot go there.
            _ => new ModelEdit(
                SlotEditKind.Move, new MemoryRegion { Id = id, Gpa = new Gpa((LastFrame + 2 - (ulong)_random.Next(3)) * Page.Size) }),
        };
    }

    int PickId() => _random.Next(8) == 0 ? 32762 + _random.Next(4) : _random.Next(6);

    MemoryRegion PickRegion(int space, int id)
    {
        int page = _random.Next(HostPages);
        int pages = 1 + _random.Next(System.Math.Min(5, HostPages - page));
        return new MemoryRegion(
            new SlotId((ushort)id), (SlotFlags)_random.Next(_random.Next(3) == 0 ? 4 : 2),
            new Gpa(PickFrame(space) * Page.Size), (ulong)pages * Page.Size, _memory.Start + (ulong)page * Page.Size);
    }

    // Now and then one thing is wrong with the region.
    MemoryRegion Spoil(MemoryRegion region) => _random.Next(24) switch
    {
        0 => region with { Flags = region.Flags | (SlotFlags)(1u << _random.Next(2, 32)) },
        1 => region with { Size = region.Size + 1 },
        2 => region with { Gpa = region.Gpa + 512 },
        3 => region with { Hva = region.Hva + 8 },
        4 => region with { Hva = new Hva(0xffff_8000_0000_0000) },
        5 => region with { Hva = new Hva(0x7fff_ffff_f000) },
        6 => region with { Hva = new Hva(_memory.Range.End.Value - region.Size + Page.Size) },
        7 => region with { Gpa = new Gpa(ulong.MaxValue - Page.OffsetMask) },
        8 => region with { Size = 1UL << 43 },
        9 => region with { Size = region.Size + Page.Size },
        10 => region with { Size = 0 },
        11 => region with { Gpa = new Gpa(1UL << 52) },
        _ => region,
    };
}
