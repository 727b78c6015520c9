using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Lab.Slots.FixedArrays;
using KvmSharp.Lab.Slots.GrowableArrays;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Lab.Tests.Slots;

/// <summary>Stores that take fewer slots than KVM does today.</summary>
public sealed class SlotMaximumTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(Page.Size);

    public void Dispose() => _memory.Dispose();

    public static TheoryData<SlotStoreDesign> Designs => [FixedArrayStore.WithAtMost(4), GrowableArrayStore.WithAtMost(4)];

    [Theory, MemberData(nameof(Designs))]
    public void An_id_beyond_the_maximum_is_refused_as_KVM_refuses_its_own(SlotStoreDesign design)
    {
        using var machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = design });
        machine.Slots.Set(Region(3));
        SlotGeneration generation = machine.Slots.Generation();

        SlotRefusal refusal = machine.Slots.TrySet(Region(4));

        Assert.Equal((SlotCheck.IdIsUsers, KvmErrno.EINVAL), (refusal.Check, refusal.Errno));
        Assert.Equal("slot id 0x4 is not below 0x4", refusal.ToString());
        Assert.Equal((1, generation), (machine.Slots.Count(), machine.Slots.Generation()));
    }

    [Theory, MemberData(nameof(Designs))]
    public void Ids_run_out_at_the_maximum(SlotStoreDesign design)
    {
        using var machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = design });
        for (int slot = 0; slot < 4; slot++)
            machine.Slots.Add(new Gpa((ulong)slot * Page.Size), _memory);

        Assert.Equal(0, machine.Slots.FreeIdCount());
        Assert.False(machine.Slots.TryFindFreeId(out _));
        KvmException full =
            Assert.Throws<KvmException>(() => machine.Slots.Add(new Gpa(4 * Page.Size), _memory));
        Assert.Equal(KvmErrno.ENOSPC, full.Errno);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SlotLimits.UserSlots + 1)]
    public void A_maximum_is_one_that_KVM_could_have(int most)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FixedArrayStore.WithAtMost(most));
        Assert.Throws<ArgumentOutOfRangeException>(() => GrowableArrayStore.WithAtMost(most));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GrowableArrayStore(most));
    }

    [Fact]
    public void A_maximum_is_part_of_the_name()
    {
        Assert.Equal("fixed-array:32", FixedArrayStore.WithAtMost(32).Name);
        Assert.Equal("growable-array:509", GrowableArrayStore.WithAtMost(509).Name);
    }

    MemoryRegion Region(int id) =>
        new(new SlotId((ushort)id), SlotFlags.None, new Gpa((ulong)id * Page.Size), Page.Size, _memory.Start)
        {
            Backing = _memory,
        };
}
