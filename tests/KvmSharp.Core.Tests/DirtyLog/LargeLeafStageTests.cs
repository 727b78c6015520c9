using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.DirtyLog;

/// <summary>
/// The stages of the kernel's page table test, by several vCPUs at once: large leaves are made, cut up while the slot is
/// logged, and made again.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class LargeLeafStageTests
{
    const ulong LargePages = 8;
    const ulong PagesPerLarge = 512;
    const ulong Base = 64 * PagesPerLarge;
    const int Vcpus = 3;

    [Theory]
    [InlineData(DirtyLogModes.None)]
    [InlineData(DirtyLogModes.ManualProtect | DirtyLogModes.InitiallySet)]
    public void Large_leaves_go_while_a_slot_is_logged_and_come_back(DirtyLogModes modes)
    {
        const ulong Pages = LargePages * PagesPerLarge;
        using AnonymousMemory memory = AnonymousMemory.Create(Pages * PG, HugePages.Prefer);
        using VirtualMachine vm = Create(Store.SlotTries);
        Assert.Equal(KvmErrno.None, vm.DirtyTracking.TrySetModes(modes));
        vm.Put(1, Base, memory, pages: Pages);
        Vcpu[] vcpus = [.. Enumerable.Range(0, Vcpus).Select(id => vm.AddVcpu((uint)id))];
        var slot = new SlotId(1);
        ulong[] bitmap = new ulong[DirtyTracking.WordsFor(Pages)];

        // Create: even vCPUs write, odd ones read.
        Together(vcpus, (vcpu, page) => Touch(vcpu, page, write: vcpu.Id.Value % 2 == 0), PagesPerLarge);
        Assert.Equal((LargePages, 0UL), Leaves(vm));

        vm.Slots.SetFlags(slot, SlotFlags.LogDirty);
        if ((modes & DirtyLogModes.InitiallySet) != 0)
        {
            Assert.Equal((LargePages, 0UL), Leaves(vm));
            Assert.Equal(KvmErrno.None, vm.DirtyTracking.TryGetLog(slot, bitmap));
            Assert.Equal(KvmErrno.None, vm.DirtyTracking.TryClearLog(slot, 0, (uint)Pages, bitmap));
        }
        Assert.Equal((0UL, Pages), Leaves(vm));
        Assert.Equal((long)LargePages, vm.DirtyTracking.Stalls.Splits.Count);

        // Update: every page, by all of them.
        Together(vcpus, (vcpu, page) => Touch(vcpu, page, write: true), 1);
        Assert.Equal((0UL, Pages), Leaves(vm));
        Assert.Equal(KvmErrno.None, vm.DirtyTracking.TryGetLog(slot, bitmap));
        Assert.All(bitmap, word => Assert.Equal(ulong.MaxValue, word));

        // Adjust: large again when they are used.
        vm.Slots.SetFlags(slot, SlotFlags.None);
        Together(vcpus, (vcpu, page) => Touch(vcpu, page, write: false), 1);
        Assert.Equal((LargePages, 0UL), Leaves(vm));
        vm.CheckInvariants();
    }

    static void Touch(Vcpu vcpu, ulong page, bool write) =>
        Assert.True(write
            ? vcpu.Memory.TryWrite(At(Base + page), page)
            : vcpu.Memory.TryRead(At(Base + page), out ulong _));

    static void Together(Vcpu[] vcpus, System.Action<Vcpu, ulong> touch, ulong step)
    {
        Background[] guests = [.. vcpus.Select(vcpu => Background.Run(() =>
        {
            for (ulong page = 0; page < LargePages * PagesPerLarge; page += step)
                touch(vcpu, page);
        }))];
        foreach (Background guest in guests)
            guest.Join();
    }

    static (ulong Large, ulong Small) Leaves(VirtualMachine vm) =>
        ((ulong)vm.Table().CountLeaves(PageLevel.Page2M), (ulong)vm.Table().CountLeaves(PageLevel.Page4K));
}
