using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using Xunit;
using static KvmSharp.KvmErrno;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>KVM's vectors for as many slots as there can be.</summary>
public sealed class EveryIdTests
{
    const ulong H = 0x7000_0000_0000;

    [Theory, EveryStore]
    public void Every_user_id_can_be_a_slot_and_one_among_them_moves(Store store)
    {
        using VirtualMachine vm = Create(store);
        for (uint id = 0; id < 32764; id++)
            Assert.Equal(None, vm.Set(id, 0, id * PG, PG, H + id % 16384 * PG));

        Assert.Equal(EINVAL, vm.Set(32764, 0, 200 * GB, PG, H));
        Assert.Equal(None, vm.Set(20000, 0, 1024 * GB, PG, H + 20000 % 16384 * PG));

        using AnonymousMemory memory = AnonymousMemory.Create(PG);
        Assert.Equal(ENOSPC, Assert.Throws<KvmException>(() => vm.Slots.Add(new Gpa(200 * GB), memory)).Errno);
        Assert.Equal(new SlotId(0), vm.Slots.Add(new Gpa(200 * GB), memory, space: AddressSpaceId.SystemManagement));
        vm.Slots.Delete(new SlotId(0), AddressSpaceId.SystemManagement);

        Assert.Equal(32764, vm.Slots.Count());
        Assert.Equal(32764UL, vm.Slots.TotalPages);
        Assert.Equal(0, vm.Slots.FreeIdCount());
        Assert.False(vm.Slots.TryFind(new Gfn(20000), out _));
        Assert.True(vm.Slots.TryFind(new Gfn(1024 * GB / PG), out MemorySlot? moved));
        Assert.Equal(20000, moved.Id.Value);
        vm.CheckInvariants();
    }
}
