using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>A hypervisor that keeps the slots too hears of every change first, and may refuse it.</summary>
public sealed class SlotMirrorTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(4 * Page.Size);
    readonly Mirror _mirror = new();
    readonly VirtualMachine _machine;

    public SlotMirrorTests() => _machine = new VirtualMachine(new VirtualMachineOptions { SlotMirror = _mirror });

    public void Dispose()
    {
        _machine.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void Each_kind_of_change_is_told()
    {
        SlotId id = _machine.Slots.Add(new Gpa(0x1000), _memory);
        _machine.Slots.Move(id, new Gpa(0x8000));
        _machine.Slots.SetFlags(id, SlotFlags.LogDirty);
        _machine.Slots.Delete(id);

        Assert.Equal(["- → 1", "1 → 8", "8 → 8 LogDirty", "8 → -"], _mirror.Told);
    }

    [Fact]
    public void What_is_refused_or_changes_nothing_is_not_told()
    {
        _machine.Slots.Add(new Gpa(0x1000), _memory);
        _mirror.Told.Clear();

        Assert.Equal(KvmErrno.EEXIST, TryCreate(1, 0x2000).Errno);
        Assert.True(TryCreate(0, 0x1000).Succeeded);

        Assert.Empty(_mirror.Told);
    }

    [Fact]
    public void A_change_that_the_mirror_refuses_is_not_made()
    {
        SlotId id = _machine.Slots.Add(new Gpa(0x1000), _memory);
        SlotGeneration before = _machine.Slots.Generation();
        _mirror.RefuseAt = 0x20;

        SlotRefusal refusal = _machine.Slots.TryMove(id, new Gpa(0x20_000));

        Assert.Equal((SlotCheck.MirrorAccepts, KvmErrno.ENOSPC), (refusal.Check, refusal.Errno));
        Assert.Contains("the hypervisor refuses", refusal.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, _machine.Slots.Generation());
        Assert.True(_machine.Slots.TryFind(new Gfn(1), out _));
    }

    [Fact]
    public void A_refused_create_lets_go_of_its_memory()
    {
        AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        _mirror.RefuseAt = 0x20;

        Assert.Throws<KvmException>(() => _machine.Slots.Add(new Gpa(0x20_000), memory));
        memory.Dispose();

        Assert.False(memory.IsMapped);
    }

    [Fact]
    public void A_change_that_fails_afterwards_is_undone_in_the_mirror()
    {
        SlotId id = _machine.Slots.Add(new Gpa(0x1000), _memory);
        _mirror.Told.Clear();

        SlotRefusal refusal = _machine.Slots.TryMove(id, new Gpa(1UL << 52));

        Assert.Equal(SlotCheck.WithinMaxGfn, refusal.Check);
        Assert.Equal(["1 → 10000000000", "10000000000 → 1"], _mirror.Told);
    }

    [Fact]
    public void Slots_of_a_transaction_leave_before_others_come()
    {
        SlotId first = _machine.Slots.Add(new Gpa(0x1000), _memory, 0, Page.Size);
        SlotId second = _machine.Slots.Add(new Gpa(0x2000), _memory, 0, Page.Size);
        _mirror.Told.Clear();

        _machine.Slots.BeginTransaction().Move(first, new Gpa(0x2000)).Move(second, new Gpa(0x1000)).Apply();

        Assert.Equal(["1 → -", "2 → -", "- → 2", "- → 1"], _mirror.Told);
    }

    [Fact]
    public void A_refused_transaction_is_undone_in_the_mirror()
    {
        SlotId first = _machine.Slots.Add(new Gpa(0x1000), _memory, 0, Page.Size);
        _mirror.Told.Clear();
        _mirror.RefuseAt = 0x20;

        SlotRefusal refusal = _machine.Slots.BeginTransaction()
            .Move(first, new Gpa(0x5000))
            .Create(new SlotId(7), new Gpa(0x20_000), _memory)
            .TryApply();

        Assert.Equal(SlotCheck.MirrorAccepts, refusal.Check);
        Assert.Equal(["1 → -", "- → 5", "- → 20", "5 → -", "- → 1"], _mirror.Told);
        Assert.True(_machine.Slots.TryFind(new Gfn(1), out _));
    }

    SlotRefusal TryCreate(ushort id, ulong gpa) => _machine.Slots.TrySet(
        new MemoryRegion(new SlotId(id), SlotFlags.None, new Gpa(gpa), 4 * Page.Size, _memory.Range.Start) { Backing = _memory });

    sealed class Mirror : ISlotMirror
    {
        internal List<string> Told { get; } = [];

        internal ulong? RefuseAt { get; set; }

        public KvmErrno TryChange(MemorySlot? old, MemorySlot? @new)
        {
            Told.Add($"{Place(old)} → {Place(@new)}{(@new is { Flags: not SlotFlags.None } ? $" {@new.Flags}" : "")}");
            return @new is not null && @new.Base.Value == RefuseAt ? KvmErrno.ENOSPC : KvmErrno.None;
        }

        static string Place(MemorySlot? slot) => slot is null ? "-" : $"{slot.Base.Value:x}";
    }
}
