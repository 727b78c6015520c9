using System;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.KvmErrno;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.DirtyLog;

/// <summary>What a real <c>/dev/kvm</c> answered to KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG, row by row.</summary>
public sealed class DirtyLogVectorTests : IDisposable
{
    const uint F_LOG = 1;
    const ulong Untouched = 4660;

    readonly AnonymousMemory _h = AnonymousMemory.Create(64 * MB);

    public void Dispose() => _h.Dispose();

    KvmErrno Setr(VirtualMachine vm, uint slot, uint flags, ulong gpa, ulong offset, ulong pages = 100) =>
        vm.Slots.TrySet(Region(slot, flags, gpa, pages * PG, _h.Start.Value + offset, _h)).Errno;

    static KvmErrno Getlog(VirtualMachine vm, uint slot, Span<ulong> bitmap) =>
        vm.DirtyTracking.TryGetLog(new SlotId((ushort)slot), bitmap, new AddressSpaceId((byte)(slot >> 16)));

    static KvmErrno Clrlog(VirtualMachine vm, uint slot, ulong first, uint count, ReadOnlySpan<ulong> bitmap) =>
        vm.DirtyTracking.TryClearLog(new SlotId((ushort)slot), first, count, bitmap, new AddressSpaceId((byte)(slot >> 16)));

    static KvmErrno Encap(VirtualMachine vm, ulong modes) => vm.DirtyTracking.TrySetModes((DirtyLogModes)modes);

    VirtualMachine CreateWithTwoSlots(Store store)
    {
        VirtualMachine vm = Create(store);
        Assert.Equal(None, Setr(vm, 0, 0, 0, 0));
        Assert.Equal(None, Setr(vm, 1, F_LOG, MB, MB));
        return vm;
    }

    [Theory, EveryStore]
    public void Checks_come_in_KVMs_order(Store store)
    {
        using VirtualMachine vm = CreateWithTwoSlots(store);
        ulong[] bm = [1, 2, Untouched];

        Assert.Equal(ENOENT, Getlog(vm, 0, bm));
        Assert.Equal(ENOENT, Getlog(vm, 77, bm));
        Assert.Equal(EINVAL, Getlog(vm, 32764, bm));
        Assert.Equal(EINVAL, Getlog(vm, 0x20001, bm));
        Assert.Equal(ENOENT, Getlog(vm, 0x10001, bm));
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([0, 0, Untouched], bm);

        Assert.Equal(EINVAL, Clrlog(vm, 1, 32, 64, bm));
        Assert.Equal(EINVAL, Clrlog(vm, 1, 128, 0, bm));
        Assert.Equal(None, Clrlog(vm, 1, 0, 64, bm));
        Assert.Equal(EINVAL, Clrlog(vm, 1, 0, 50, bm));
        Assert.Equal(None, Clrlog(vm, 1, 64, 36, bm));
        Assert.Equal(EINVAL, Clrlog(vm, 1, 0, 101, bm));
        Assert.Equal(None, Clrlog(vm, 1, 0, 0, bm));
        Assert.Equal(EINVAL, Clrlog(vm, 1, 64, 37, bm));
        Assert.Equal(EINVAL, Clrlog(vm, 77, 1, 64, bm));
        Assert.Equal(ENOENT, Clrlog(vm, 77, 0, 64, bm));
        Assert.Equal(EINVAL, Clrlog(vm, 32764, 0, 64, bm));
        Assert.Equal(EFAULT, Clrlog(vm, 1, 0, 64, []));
        Assert.Equal(EINVAL, Encap(vm, 2));
        Assert.Equal(EINVAL, Encap(vm, 4));
        Assert.Equal(None, Encap(vm, 1));
        Assert.Equal(None, Encap(vm, 3));
        vm.CheckInvariants();
    }

    [Theory, EveryStore]
    public void A_log_ends_where_its_slot_ends(Store store)
    {
        using VirtualMachine vm = Create(store);
        Assert.Equal(None, Setr(vm, 1, F_LOG, MB, MB, pages: 128));

        Assert.Equal(None, Clrlog(vm, 1, 128, 0, []));
        Assert.Equal(EINVAL, Clrlog(vm, 1, 192, 0, []));
        Assert.Equal(EINVAL, Clrlog(vm, 1, ulong.MaxValue & ~63UL, 64, [0]));
    }

    [Theory, EveryStore]
    public void Initially_set_acts_when_a_log_is_made(Store store)
    {
        using VirtualMachine vm = CreateWithTwoSlots(store);
        Assert.Equal(None, Encap(vm, 3));
        ulong[] bm = [0, 0];

        Assert.Equal(None, Setr(vm, 2, F_LOG, 8 * MB, 8 * MB));
        Assert.Equal(None, Getlog(vm, 2, bm));
        Assert.Equal([ulong.MaxValue, (1UL << 36) - 1], bm);
        Assert.Equal(None, Getlog(vm, 2, bm));
        Assert.Equal([ulong.MaxValue, (1UL << 36) - 1], bm);
        Assert.Equal(None, Clrlog(vm, 2, 0, 64, [5]));
        Assert.Equal(None, Getlog(vm, 2, bm));
        Assert.Equal(~5UL, bm[0]);
        Assert.Equal(None, Clrlog(vm, 2, 0, 100, [ulong.MaxValue, ulong.MaxValue]));
        Assert.Equal(None, Getlog(vm, 2, bm));
        Assert.Equal([0, 0], bm);
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([0, 0], bm);

        Assert.Equal(None, Setr(vm, 2, 0, 8 * MB, 8 * MB));
        Assert.Equal(ENOENT, Getlog(vm, 2, bm));
        Assert.Equal(None, Setr(vm, 2, F_LOG, 8 * MB, 8 * MB));
        Assert.Equal(None, Getlog(vm, 2, bm));
        Assert.Equal(ulong.MaxValue, bm[0]);
        Assert.Equal(None, Encap(vm, 0));
        Assert.Equal(None, Setr(vm, 3, F_LOG, 9 * MB, 9 * MB));
        Assert.Equal(None, Getlog(vm, 3, bm));
        Assert.Equal([0, 0], bm);
    }

    static void RunGuest(Vcpu vcpu, ulong gpa = MB)
    {
        foreach (ulong page in (ReadOnlySpan<ulong>)[0, 3, 70])
            vcpu.Memory.Write(new Gpa(gpa + (page * PG) + 8), (byte)34);
        vcpu.Memory.Read<byte>(new Gpa(gpa + (5 * PG)));
    }

    [Theory, EveryStore]
    public void What_the_guest_writes_is_reported_until_it_is_cleared(Store store)
    {
        using VirtualMachine vm = CreateWithTwoSlots(store);
        Vcpu vcpu = vm.AddVcpu();
        ulong[] bm = [0, 0];

        RunGuest(vcpu);
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([9, 64], bm);
        Assert.Equal(34, _h.AsSpan(MB + (3 * PG) + 8, 1)[0]);
        RunGuest(vcpu);
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([9, 64], bm);

        RunGuest(vcpu);
        Assert.Equal(EFAULT, Getlog(vm, 1, []));
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([0, 0], bm);

        RunGuest(vcpu);
        Assert.Equal(None, Setr(vm, 1, F_LOG, 4 * MB, MB));
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([9, 64], bm);
        RunGuest(vcpu, 4 * MB);
        Assert.Equal(None, Setr(vm, 1, F_LOG, MB, MB));
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([9, 64], bm);

        _h.WriteUInt64(MB, 1);
        vm.Memory.Write(new Gpa(MB), 1UL);
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([0, 0], bm);

        Assert.Equal(None, Encap(vm, 1));
        RunGuest(vcpu);
        for (int times = 0; times < 2; times++)
        {
            Assert.Equal(None, Getlog(vm, 1, bm));
            Assert.Equal([9, 64], bm);
        }
        Assert.Equal(None, Clrlog(vm, 1, 0, 64, [1]));
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([8, 64], bm);
        RunGuest(vcpu);
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([9, 64], bm);
        vm.CheckInvariants();
    }

    [Theory, EveryStore]
    public void Only_the_slot_written_through_is_marked(Store store)
    {
        using VirtualMachine vm = CreateWithTwoSlots(store);
        Assert.Equal(None, Setr(vm, 2, F_LOG, 8 * MB, MB));
        ulong[] bm = [0, 0];

        RunGuest(vm.AddVcpu());

        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([9, 64], bm);
        Assert.Equal(None, Getlog(vm, 2, bm));
        Assert.Equal([0, 0], bm);
    }

    [Theory, EveryStore]
    public void A_read_only_slot_is_never_marked(Store store)
    {
        using VirtualMachine vm = CreateWithTwoSlots(store);
        Assert.Equal(None, Setr(vm, 2, F_LOG | 2, 8 * MB, MB));
        Vcpu vcpu = vm.AddVcpu();
        ulong[] bm = [1, 1];

        Assert.False(vcpu.Memory.TryWrite(new Gpa(8 * MB), 1UL));
        Assert.False(vm.Memory.TryWrite(vcpu, new Gpa(8 * MB), [1], out _));

        Assert.Equal(GuestAccessKind.Mmio, vcpu.Memory.Fault.Kind);
        Assert.Equal(None, Getlog(vm, 2, bm));
        Assert.Equal([0, 0], bm);
    }

    [Theory, EveryStore]
    public void Writes_from_outside_are_marked_for_a_vcpu_or_on_request(Store store)
    {
        using VirtualMachine vm = CreateWithTwoSlots(store);
        Vcpu vcpu = vm.AddVcpu();
        ulong[] bm = [0, 0];

        Assert.True(vm.Memory.TryWrite(vcpu, new Gpa(MB + (2 * PG) - 1), [1, 2], out int done));
        Assert.Equal(2, done);
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([6, 0], bm);

        vm.Memory.RecordsWrites = true;
        vm.Memory.Write(new Gpa(MB + (70 * PG)), 1UL);
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([0, 64], bm);
        vm.Memory.Write(new Gpa(MB + (70 * PG)), 1UL);
        Assert.Equal(None, Getlog(vm, 1, bm));
        Assert.Equal([0, 64], bm);
    }

    [Theory, EveryStore]
    public void All_slots_begin_to_log_in_one_publication(Store store)
    {
        using VirtualMachine vm = CreateWithTwoSlots(store);
        Assert.Equal(None, Setr(vm, 2, 2, 8 * MB, 8 * MB));
        for (uint slot = 3; slot < 20; slot++)
            Assert.Equal(None, Setr(vm, slot, 0, (8 + slot) * MB, (8 + slot) * MB));
        long published = vm.Counters.Publications;

        Assert.Equal(18, vm.DirtyTracking.SetLogging(true));

        Assert.Equal(published + 1, vm.Counters.Publications);
        ulong[] bm = [1, 1];
        for (uint slot = 0; slot < 20; slot++)
            Assert.Equal(slot == 2 ? ENOENT : None, Getlog(vm, slot, bm));
        Assert.Equal(0, vm.DirtyTracking.SetLogging(true));
        Assert.Equal(19, vm.DirtyTracking.SetLogging(false));
        Assert.Equal(ENOENT, Getlog(vm, 1, bm));
    }

    [Theory, EveryStore]
    public void Memory_mapped_in_large_leaves_is_tracked_by_page(Store store)
    {
        using VirtualMachine vm = Create(store);
        using AnonymousMemory memory = AnonymousMemory.Create(8 * MB, HugePages.Prefer);
        ulong[] bm = new ulong[32];
        Vcpu vcpu = vm.AddVcpu();
        foreach (ulong modes in (ReadOnlySpan<ulong>)[0, 3])
        {
            Assert.Equal(None, Encap(vm, modes));
            vm.Put(1, 512 * 8, memory, pages: 2048);
            vcpu.Memory.Write(At(512 * 8), 1UL);
            Assert.Equal(1, vm.Table().CountLeaves(PageLevel.Page2M));
            vm.Slots.SetFlags(new SlotId(1), SlotFlags.LogDirty);
            bool all = modes == 3;

            vcpu.Memory.Write(At((512 * 8) + 7), 1UL);
            Assert.Equal(None, Getlog(vm, 1, bm));
            Assert.Equal(all ? ulong.MaxValue : 128, bm[0]);
            if (all)
            {
                Assert.Equal(1, vm.Table().CountLeaves(PageLevel.Page2M));
                Array.Fill(bm, ulong.MaxValue);
                Assert.Equal(None, Clrlog(vm, 1, 0, 2048, bm));
            }
            Assert.Equal(0, vm.Table().CountLeaves(PageLevel.Page2M));

            vcpu.Memory.Write(At((512 * 8) + 9), 1UL);
            Assert.Equal(None, Getlog(vm, 1, bm));
            Assert.Equal(512UL, bm[0]);
            vm.Slots.SetFlags(new SlotId(1), SlotFlags.None);
            vcpu.Memory.Write(At(512 * 8), 1UL);
            Assert.Equal(1, vm.Table().CountLeaves(PageLevel.Page2M));
            vm.Slots.Delete(new SlotId(1));
            vm.CheckInvariants();
        }
        Assert.Equal(2, vm.DirtyTracking.Stalls.Splits.Count);
        Assert.NotEqual(0, vm.DirtyTracking.Stalls.WriteFaults.Count);
        Assert.NotEqual(0, vm.DirtyTracking.Stalls.Flushes.Count);
    }

    [Fact]
    public void A_log_is_not_read_inside_a_read_section()
    {
        using VirtualMachine vm = CreateWithTwoSlots(Store.SlotTries);
        using Reclaim.ReadSection section = vm.EnterReadSection();

        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => Getlog(vm, 1, new ulong[2]));
        Assert.Contains("read section", refused.Message, StringComparison.Ordinal);
    }
}
