using KvmSharp.Addresses;
using KvmSharp.Slots;
using Xunit;
using static KvmSharp.KvmErrno;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>What a store that retires its sets shows of the generation while it waits.</summary>
public sealed class TwinTreeGenerationTests
{
    const ulong H = 0x7000_0000_0000;

    [Fact]
    public void Twin_trees_are_stamped_as_changing_while_a_reader_is_waited_for()
    {
        using VirtualMachine vm = Create(Store.TwinTrees);
        Assert.Equal(None, vm.Set(0, 0, 0, PG, H));

        Background change;
        using (vm.EnterReadSection())
        {
            change = Background.Run(() => vm.Set(1, 0, PG, PG, H));
            Background.Until(() => vm.Slots.Generation().IsUpdating);
            Assert.Equal(2UL | SlotGeneration.UpdateInProgress, vm.Generation(0));
            Assert.True(vm.Slots.TryFind(new Gfn(1), out _));
            Assert.False(change.IsDone);
        }
        change.Join();

        Assert.Equal(4UL, vm.Generation(0));
    }
}
