using System.Threading;
using KvmSharp.Lab.Vcpus.Stores;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Lab.Tests.Vcpus;

/// <summary>The moments at which a table is replaced, staged.</summary>
public sealed class StagedTableMoveTests
{
    static Vcpu Create(VirtualMachine vm, uint id) => vm.Vcpus.Create(new VcpuId(id));

    [Fact]
    public void Others_wait_until_all_vcpus_have_moved()
    {
        using var moving = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        bool armed = false;
        using var vm = new VirtualMachine(new VirtualMachineOptions
        {
            VcpuStore = CachedArrayStore.DesignWith(beforeMove: () =>
            {
                if (!Volatile.Read(ref armed))
                    return;
                moving.Set();
                Background.Wait(go.WaitHandle);
            }),
        });
        Vcpu first = Create(vm, 0);
        Create(vm, 1);
        Volatile.Write(ref armed, true);

        Background creator = Background.Run(() => Create(vm, 2));
        Background.Wait(moving.WaitHandle);
        bool found = false;
        using var looking = new ManualResetEventSlim();
        Background outsider = Background.Run(() =>
        {
            looking.Set();
            found = vm.Vcpus.TryGet(new VcpuIndex(1), out _);
        });
        Background.Wait(looking.WaitHandle);
        // The gate is closed for the outsider; a vCPU in guest mode finds its peers in the array it knows.
        Assert.True(first.TryEnterGuest());
        for (int look = 0; look < 100_000; look++)
            Assert.True(first.TryGetPeer(new VcpuIndex(1), out _));
        Assert.False(outsider.IsDone);
        Assert.False(creator.IsDone);
        Assert.Equal(2, vm.Vcpus.Count);
        first.ExitGuest();

        go.Set();
        outsider.Join();
        creator.Join();
        Assert.True(found);
        Assert.True(vm.Vcpus.TryGet(new VcpuIndex(2), out _));
    }

    [Fact]
    public void A_vcpu_in_guest_mode_moves_at_its_next_look_and_nobody_waits_for_it()
    {
        using var vm = new VirtualMachine(new VirtualMachineOptions { VcpuStore = CachedArrayStore.Design });
        Vcpu runner = Create(vm, 0);
        using var entered = new ManualResetEventSlim();
        using var look = new ManualResetEventSlim();
        bool saw = false, owed = false, moved = false;
        Background owner = Background.Run(() =>
        {
            Assert.True(runner.TryEnterGuest());
            entered.Set();
            Background.Wait(look.WaitHandle);
            owed = runner.MustMoveTable;
            saw = runner.TryGetPeer(new VcpuIndex(3), out _);
            moved = !runner.MustMoveTable;
            runner.ExitGuest();
        });
        Background.Wait(entered.WaitHandle);

        // The owner does nothing at all meanwhile: the array is replaced under it three times.
        for (uint id = 1; id < 4; id++)
            Create(vm, id);
        look.Set();
        owner.Join();

        Assert.Equal((true, true, true), (owed, saw, moved));
    }

    [Fact]
    public void A_replaced_array_outlasts_the_iteration_that_goes_through_it()
    {
        using var vm = new VirtualMachine(new VirtualMachineOptions { VcpuStore = RcuArrayStore.Doubling });
        for (uint id = 0; id < 4; id++)
            Create(vm, id);
        using var reading = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        int seen = 0;
        Background reader = Background.Run(() =>
        {
            foreach (Vcpu vcpu in vm.Vcpus)
            {
                Assert.Equal(seen, vcpu.Index.Value);
                if (seen++ != 0)
                    continue;
                reading.Set();
                Background.Wait(goOn.WaitHandle);
            }
        });
        Background.Wait(reading.WaitHandle);

        Background creator = Background.Run(() => Create(vm, 4));
        // The new array is in use; the old one is cleared only when the reader has left.
        Background.Until(() => vm.Vcpus.TryGet(new VcpuIndex(4), out _));
        Assert.False(creator.IsDone);
        goOn.Set();

        reader.Join();
        creator.Join();
        Assert.Equal(4, seen);
    }
}
