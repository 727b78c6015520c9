using System;
using System.Linq;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>
/// Slots change while guests run: what was observed on a real <c>/dev/kvm</c>. The word holds 1 while its slot is in
/// place, and 2 only while no guest can reach it.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class LiveSlotTests : IDisposable
{
    const ulong Frame = 256;
    const int Changes = 1500;

    static readonly SlotId _slot = new(1);

    readonly AnonymousMemory _memory = AnonymousMemory.Create(4 * PG);

    public void Dispose() => _memory.Dispose();

    VirtualMachine CreateWithSlot(Store store)
    {
        VirtualMachine vm = Create(store);
        _memory.WriteUInt64(0, 1);
        vm.Put(1, Frame, _memory, pages: 2);
        return vm;
    }

    void MoveAwayAndBack(VirtualMachine vm)
    {
        vm.Slots.Move(_slot, At(Frame - 1));
        _memory.VolatileWriteUInt64(0, LiveReader.Stale);
        _memory.VolatileWriteUInt64(0, 1);
        vm.Slots.Move(_slot, At(Frame));
    }

    [Theory]
    [EveryStore(1, true)]
    [EveryStore(1, false)]
    [EveryStore(3, true)]
    [EveryStore(3, false)]
    public void A_moved_slot_is_never_read_at_its_old_place(Store store, int guests, bool polls)
    {
        using VirtualMachine vm = CreateWithSlot(store);
        LiveReader[] readers =
            [.. Enumerable.Range(0, guests).Select(id => new LiveReader(vm.AddVcpu((uint)id), At(Frame), polls))];

        for (int change = 0; change < Changes / guests; change++)
        {
            vm.Slots.Move(_slot, At(Frame - 1));
            _memory.VolatileWriteUInt64(0, LiveReader.Stale);
            if (change % 64 == 0)
                readers[0].LetRun();
            _memory.VolatileWriteUInt64(0, 1);
            vm.Slots.Move(_slot, At(Frame));
            if (change % 64 == 32)
                readers[0].LetRun();
        }

        foreach (LiveReader reader in readers)
        {
            reader.Stop();
            Assert.Equal((0, 0, 0), (reader.Others, reader.MmioElsewhere, reader.HostFaults));
        }
        Assert.NotEqual(0, readers[0].Ones);
        Assert.NotEqual(0, readers[0].Zeros);
        vm.CheckInvariants();
    }

    [Theory]
    [EveryStore(true)]
    [EveryStore(false)]
    public void A_deleted_slots_memory_can_be_poisoned_at_once(Store store, bool polls)
    {
        using VirtualMachine vm = CreateWithSlot(store);
        using var reader = new LiveReader(vm.AddVcpu(), At(Frame), polls);

        for (int change = 0; change < Changes; change++)
        {
            vm.Slots.Delete(_slot);
            _memory.AsSpan(0, 2 * Page.Size).Fill(0xdd);
            if (change % 64 == 0)
                reader.LetRun();
            _memory.AsSpan(0, 2 * Page.Size).Clear();
            _memory.VolatileWriteUInt64(0, 1);
            vm.Put(1, Frame, _memory, pages: 2);
            if (change % 64 == 32)
                reader.LetRun();
        }

        reader.Stop();
        Assert.Equal((0, 0, 0), (reader.Others, reader.Zeros, reader.MmioElsewhere));
        Assert.NotEqual(0, reader.Ones);
        Assert.NotEqual(0, reader.MmioExits);
    }

    [Theory, EveryStore]
    public void A_guest_does_not_notice_that_logging_is_switched(Store store)
    {
        using VirtualMachine vm = CreateWithSlot(store);
        using var reader = new LiveReader(vm.AddVcpu(), At(Frame));

        for (int change = 0; change < 2 * Changes; change++)
        {
            vm.Slots.SetFlags(_slot, change % 2 == 0 ? SlotFlags.LogDirty : SlotFlags.None);
            if (change % 64 == 0)
                reader.LetRun();
        }

        reader.Stop();
        Assert.Equal((0, 0, 0), (reader.Others, reader.Zeros, reader.MmioExits));
    }

    [Theory, EveryStore]
    public void The_host_does_not_notice_that_logging_is_switched(Store store)
    {
        using VirtualMachine vm = CreateWithSlot(store);
        bool done = false;
        Background switching = Background.Run(() =>
        {
            for (int change = 0; change < 20_000; change++)
                vm.Slots.SetFlags(_slot, change % 2 == 0 ? SlotFlags.LogDirty : SlotFlags.None);
            Volatile.Write(ref done, true);
        });

        long missed = 0;
        while (!Volatile.Read(ref done))
        {
            if (!vm.Memory.TryRead(At(Frame), out uint _))
                missed++;
            if (!vm.Slots.TryFind(new Gfn(Frame), out _) || !vm.Slots.TryFind(_slot, out _))
                missed++;
        }
        switching.Join();

        Assert.Equal(0, missed);
    }

    [Theory, EveryStore]
    public void Pages_written_while_logging_is_switched_are_in_the_log_that_follows(Store store)
    {
        using VirtualMachine vm = CreateWithSlot(store);
        Vcpu vcpu = vm.AddVcpu();
        long written = 0;
        bool stop = false;
        Background writer = Background.Run(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                Assert.True(vcpu.Memory.TryWrite(At(Frame), 1U));
                Volatile.Write(ref written, written + 1);
            }
        });

        for (int change = 0; change < 200; change++)
        {
            vm.Slots.SetFlags(_slot, SlotFlags.LogDirty);
            long seen = Volatile.Read(ref written);
            // The second write from here on began after logging was on.
            Background.Until(() => Volatile.Read(ref written) >= seen + 2 || writer.IsDone);
            Assert.True(vm.Slots.TryFind(_slot, out MemorySlot? slot) && slot.DirtyBitmap!.IsMarked(0));
            vm.Slots.SetFlags(_slot, SlotFlags.None);
        }
        Volatile.Write(ref stop, true);
        writer.Join();
    }

    [Theory, EveryStore]
    public void A_vcpu_that_does_nothing_in_guest_mode_holds_up_no_change(Store store)
    {
        using VirtualMachine vm = CreateWithSlot(store);
        Vcpu vcpu = vm.AddVcpu();
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        Background parked = Background.Run(() =>
        {
            Assert.True(vcpu.TryEnterGuest());
            Assert.True(vcpu.Memory.TryRead(At(Frame), out uint value) && value == 1);
            entered.Set();
            Background.Wait(leave.WaitHandle);
            Assert.True(vcpu.Memory.TryRead(At(Frame), out value) && value == 1);
            vcpu.ExitGuest();
        });
        Background.Wait(entered.WaitHandle);

        for (int change = 0; change < 100; change++)
            MoveAwayAndBack(vm);
        vm.Slots.SetFlags(_slot, SlotFlags.LogDirty);
        Assert.Equal(VcpuMode.InGuestMode, vcpu.Mode);

        leave.Set();
        parked.Join();
    }

    [Theory, EveryStore]
    public void A_vcpus_own_thread_changes_slots_in_guest_mode(Store store)
    {
        using VirtualMachine vm = CreateWithSlot(store);
        Vcpu vcpu = vm.AddVcpu();
        Assert.True(vcpu.TryEnterGuest());

        for (int change = 0; change < 500; change++)
        {
            Assert.True(vcpu.Memory.TryRead(At(Frame), out uint value) && value == 1);
            vm.Slots.Move(_slot, At(Frame - 1));
            Assert.True(vcpu.Memory.TryRead(At(Frame), out value) && value == 0);
            Assert.True(vcpu.Memory.TryRead(At(Frame - 1), out value) && value == 1);
            vm.Slots.Move(_slot, At(Frame + 1));
            Assert.False(vcpu.Memory.TryRead(At(Frame), out value));
            vm.Slots.Move(_slot, At(Frame));
        }
        vcpu.ExitGuest();
    }

    [Theory]
    [EveryStore(true)]
    [EveryStore(false)]
    public void Discards_and_protections_beside_moves_let_nothing_stale_through(Store store, bool polls)
    {
        using VirtualMachine vm = CreateWithSlot(store);
        vm.Put(2, 0, _memory, page: 2, pages: 2);
        using var reader = new LiveReader(vm.AddVcpu(0), At(Frame), polls);
        using var victim = new LiveReader(vm.AddVcpu(1), At(0), polls);
        bool stop = false;
        Background changing = Background.Run(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                _memory.Protect(2 * PG, PG, HostProtection.None);
                _memory.Protect(2 * PG, PG, HostProtection.ReadWrite);
                _memory.WriteUInt64(2 * PG, 1);
                _memory.Discard(2 * PG, PG);
                vm.Memory.TryRead<ulong>(At(0), out _);
                _memory.Discard(PG, PG);
            }
        });
        Background host = Background.Run(() =>
        {
            // Were its protection to change under it, this would bring the process down.
            while (!Volatile.Read(ref stop))
                vm.Memory.TryRead<ulong>(At(0), out _);
        });

        for (int change = 0; change < Changes / 3; change++)
        {
            MoveAwayAndBack(vm);
            if (change % 64 == 0)
                victim.LetRun();
        }

        Volatile.Write(ref stop, true);
        changing.Join();
        host.Join();
        reader.Stop();
        victim.Stop();
        Assert.Equal((0, 0, 0), (reader.Others, reader.HostFaults, reader.MmioElsewhere));
        Assert.Equal((0, 0), (victim.Others, victim.MmioExits));
        vm.CheckInvariants();
    }
}
