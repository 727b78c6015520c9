using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using Xunit;
using static KvmSharp.KvmErrno;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>How the generations of two address spaces go on (S1 … S12), and what a publication under way shows.</summary>
public sealed class GenerationVectorTests
{
    const ulong H = 0x7000_0000_0000;
    const uint InSpace1 = 0x1_0000;
    const ulong BeyondTheLastFrame = 1UL << 52;

    static (ulong, ulong) Generations(VirtualMachine vm) => (vm.Generation(0), vm.Generation(1));

    [Theory, EveryStore]
    public void Each_space_counts_its_own_publications(Store store)
    {
        using VirtualMachine vm = Create(store);
        Assert.Equal(2, vm.Slots.SpaceCount);
        Assert.Equal((0UL, 1UL), Generations(vm));

        Assert.Equal(None, vm.Set(0, 0, 0, PG, H));
        Assert.Equal((2UL, 1UL), Generations(vm));
        Assert.Equal(None, vm.Set(InSpace1, 0, 0, PG, H));
        Assert.Equal((2UL, 3UL), Generations(vm));
        Assert.Equal(None, vm.Set(0, 0, PG, PG, H));
        Assert.Equal((6UL, 3UL), Generations(vm));
        Assert.Equal(None, vm.Set(InSpace1, 0, 0, 0, 0));
        Assert.Equal((6UL, 7UL), Generations(vm));
        Assert.Equal(None, vm.Set(0, 1, PG, PG, H));
        Assert.Equal((8UL, 7UL), Generations(vm));
        Assert.Equal(EINVAL, vm.Set(0, 1, BeyondTheLastFrame, PG, H));
        Assert.Equal((12UL, 7UL), Generations(vm));
        Assert.Equal(None, vm.Set(0, 1, PG, PG, H));
        Assert.Equal(EINVAL, vm.Set(0, 1, PG, 2 * PG, H));
        Assert.Equal(EINVAL, vm.Set(0x2_0000, 0, 0, PG, H));
        Assert.Equal((12UL, 7UL), Generations(vm));
    }

    [Theory, EveryStore]
    public void A_machine_of_one_space_counts_in_ones(Store store)
    {
        using VirtualMachine vm = Create(store, spaces: 1);

        Assert.Equal(0UL, vm.Generation(0));
        Assert.Equal(None, vm.Set(0, 0, 0, PG, H));
        Assert.Equal(1UL, vm.Generation(0));
        Assert.Equal(None, vm.Set(0, 0, PG, PG, H));
        Assert.Equal(3UL, vm.Generation(0));
        Assert.Equal(None, vm.Set(0, 1, PG, PG, H));
        Assert.Equal(4UL, vm.Generation(0));
        Assert.Equal(EINVAL, vm.Set(InSpace1, 0, 0, PG, H));
    }

    [Theory, EveryStore]
    public void A_deletion_hides_the_slot_and_waits_for_readers_before_it_ends(Store store)
    {
        using VirtualMachine vm = Create(store);
        Assert.Equal(None, vm.Set(0, 0, 0, PG, H));

        Background change;
        using (vm.EnterReadSection())
        {
            change = Background.Run(() => vm.Slots.Delete(new SlotId(0)));
            Background.Until(() => !vm.Slots.TryFind(new Gfn(0), out _));
            Assert.False(vm.Slots.TryFind(new SlotId(0), out _));
            Assert.Equal(1, vm.Slots.Count());
            Assert.Equal(1UL, vm.Slots.TotalPages);
            Assert.False(change.IsDone);
        }
        change.Join();

        Assert.Equal(0, vm.Slots.Count());
        Assert.Equal(6UL, vm.Generation(0));
    }

    [Theory, EveryStore]
    public void Nothing_is_published_while_host_memory_is_invalidated(Store store)
    {
        using VirtualMachine vm = Create(store);
        Assert.Equal(None, vm.Set(0, 0, 0, PG, H));

        Background change;
        // Memory that belongs to no slot: any invalidation holds publications up.
        using (HostInvalidation.Begin(new HvaRange(new Hva(PG), PG)))
        {
            change = Background.Run(() => vm.Set(1, 0, PG, PG, H));
            Background.Until(() => change.IsWaiting);
            Assert.Equal(2UL, vm.Generation(0));
            Assert.False(vm.Slots.TryFind(new Gfn(1), out _));
            Assert.False(change.IsDone);
        }
        change.Join();

        Assert.Equal(4UL, vm.Generation(0));
        Assert.True(vm.Slots.TryFind(new Gfn(1), out _));
    }
}
