using KvmSharp.Addresses;
using KvmSharp.Reclaim;
using KvmSharp.Slots;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>KVM's lookup and walk vectors, asked of a whole machine.</summary>
public sealed class LookupVectorTests
{
    static VirtualMachine CreateWithTwoSlots(Store store)
    {
        VirtualMachine vm = Create(store);
        Assert.Equal(KvmErrno.None, vm.Set(0, 0, 10 * PG, 10 * PG, 0x10_0000));
        Assert.Equal(KvmErrno.None, vm.Set(1, 0, 40 * PG, 10 * PG, 0x20_0000));
        return vm;
    }

    static string Ids(System.Collections.Generic.List<MemorySlot> slots) => string.Join(",", slots.ConvertAll(slot => slot.Id.Value));

    [Theory]
    [EveryStore(15, 0)]
    [EveryStore(45, 1)]
    [EveryStore(25, -1)]
    [EveryStore(9, -1)]
    [EveryStore(20, -1)]
    [EveryStore(50, -1)]
    public void Exact_lookups_find_the_slot_that_covers_the_frame(Store store, int gfn, int id)
    {
        using VirtualMachine vm = CreateWithTwoSlots(store);

        bool found = vm.Slots.TryFind(new Gfn((ulong)gfn), out MemorySlot? slot);

        Assert.Equal(id >= 0, found);
        Assert.Equal(id, found ? slot!.Id.Value : -1);
    }

    [Theory, EveryStore]
    public void Approximate_lookups_find_a_slot_beside_the_hole(Store store)
    {
        using VirtualMachine empty = Create(store);
        using (ReadSection section = empty.EnterReadSection())
            Assert.Null(empty.Slots.Current(section).FindNearest(new Gfn(5)));

        using VirtualMachine vm = CreateWithTwoSlots(store);
        using (ReadSection section = vm.EnterReadSection())
        {
            SlotSet slots = vm.Slots.Current(section);
            Assert.Equal(0, slots.FindNearest(new Gfn(15))!.Id.Value);
            Assert.Equal(1, slots.FindNearest(new Gfn(45))!.Id.Value);
            Assert.NotNull(slots.FindNearest(new Gfn(5)));
            Assert.NotNull(slots.FindNearest(new Gfn(25)));
        }
    }

    [Theory]
    [EveryStore(0, 10, "")]
    [EveryStore(19, 41, "0,1")]
    [EveryStore(20, 40, "")]
    [EveryStore(49, 100, "1")]
    [EveryStore(50, 60, "")]
    [EveryStore(0, 100, "0,1")]
    public void Walks_by_frame_visit_each_slot_that_meets_the_range(Store store, int start, int end, string ids)
    {
        using VirtualMachine vm = CreateWithTwoSlots(store);
        using ReadSection section = vm.EnterReadSection();

        GfnWalk walk = vm.Slots.Current(section).InRange(GfnRange.Between(new Gfn((ulong)start), new Gfn((ulong)end)));

        Assert.Equal(ids, Ids(ToList(walk)));
    }

    [Theory, EveryStore]
    public void Walks_by_host_address_find_aliases_and_pages_touched_in_part(Store store)
    {
        using VirtualMachine vm = Create(store);
        Assert.Equal(KvmErrno.None, vm.Set(0, 0, 0, 3 * PG, 0x1000));
        Assert.Equal(KvmErrno.None, vm.Set(1, 0, 100 * PG, PG, 0x2000));
        using ReadSection section = vm.EnterReadSection();
        SlotSet slots = vm.Slots.Current(section);

        Assert.Equal("0,1", Ids(ToList(slots.InRange(new HvaRange(new Hva(0x2fff), 1)))));
        Assert.Equal("0", Ids(ToList(slots.InRange(new HvaRange(new Hva(0x3000), 1)))));
        var invalidated = new HvaRange(new Hva(0x2800), 0x801);
        Assert.Equal("0,1", Ids(ToList(slots.InRange(invalidated))));
        Assert.Equal(GfnRange.Between(new Gfn(1), new Gfn(3)), slots.FindById(new SlotId(0))!.ToFrames(invalidated));
        Assert.Equal(new GfnRange(new Gfn(100), 1), slots.FindById(new SlotId(1))!.ToFrames(invalidated));
    }
}
