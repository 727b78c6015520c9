using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Buses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>
/// One program for every backend: what it learns of written pages, and of writes that do not leave the guest. The guests are
/// a few bytes of real-mode code.
/// </summary>
public abstract class MachineConformance : IDisposable
{
    const ulong Code = 0x1000;
    const ulong Device = 0x9_0000;
    const ulong LoggedGpa = 0x2_0000;
    const ulong LoggedBytes = 100 * Page.Size;

    static readonly SlotId _logged = new(1);
    static readonly TimeSpan _soon = TimeSpan.FromSeconds(10);

    readonly AnonymousMemory _code = AnonymousMemory.Create(0x1_0000);
    readonly AnonymousMemory _memory = AnonymousMemory.Create(LoggedBytes);
    readonly IMachine _machine;

    protected MachineConformance(IMachine machine)
    {
        _machine = machine;
        machine.Slots.Create(new SlotId(0), new Gpa(0), _code);
        machine.Slots.Create(_logged, new Gpa(LoggedGpa), _memory, SlotFlags.LogDirty);
    }

    public void Dispose()
    {
        _machine.Dispose();
        _memory.Dispose();
        _code.Dispose();
        GC.SuppressFinalize(this);
    }

    [BackendFact]
    public void A_dirty_bitmap_has_each_written_page_once()
    {
        IVcpu vcpu = StartWriter(pages: 70, step: 23);
        RunToHalt(vcpu);
        ulong[] bitmap = new ulong[2];

        Assert.Equal(KvmErrno.None, _machine.TryGetDirtyLog(_logged, bitmap));
        Assert.Equal([(1UL << 0) | (1UL << 23) | (1UL << 46), 1UL << (69 - 64)], bitmap);

        Assert.Equal(KvmErrno.None, _machine.TryGetDirtyLog(_logged, bitmap));
        Assert.Equal([0UL, 0UL], bitmap);
    }

    [BackendFact]
    public void With_manual_protection_a_bitmap_stays_until_it_is_cleared()
    {
        Assert.Equal(KvmErrno.None, _machine.TryEnable(KvmCapability.ManualDirtyLogProtect, 1));
        RunToHalt(StartWriter(pages: 2, step: 1));
        ulong[] bitmap = new ulong[2];

        Assert.Equal(KvmErrno.None, _machine.TryGetDirtyLog(_logged, bitmap));
        Assert.Equal([3UL, 0UL], bitmap);
        Assert.Equal(KvmErrno.None, _machine.TryClearDirtyLog(_logged, 0, 64, [1UL]));
        Assert.Equal(KvmErrno.None, _machine.TryGetDirtyLog(_logged, bitmap));
        Assert.Equal([2UL, 0UL], bitmap);
    }

    [BackendFact]
    public void What_has_no_bitmap_is_refused()
    {
        ulong[] bitmap = new ulong[2];

        Assert.Equal(KvmErrno.ENOENT, _machine.TryGetDirtyLog(new SlotId(0), bitmap));
        Assert.Equal(KvmErrno.ENOENT, _machine.TryGetDirtyLog(new SlotId(77), bitmap));
        Assert.Equal(KvmErrno.EINVAL, _machine.TryGetDirtyLog(new SlotId(SlotLimits.UserSlots), bitmap));
        Assert.Equal(KvmErrno.EINVAL, _machine.TryGetDirtyLog(_logged, bitmap, new AddressSpaceId(9)));
        Assert.Equal(KvmErrno.EINVAL, _machine.TryClearDirtyLog(_logged, 32, 64, bitmap));
        Assert.Equal(KvmErrno.ENOENT, _machine.TryClearDirtyLog(new SlotId(77), 0, 64, bitmap));
        Assert.Equal(KvmErrno.EINVAL, _machine.TryResetDirtyRings(out _));
        Assert.Throws<ArgumentException>(() => _machine.TryGetDirtyLog(_logged, new ulong[1]));
        Assert.Throws<ArgumentException>(() => _machine.TryClearDirtyLog(_logged, 0, 128, new ulong[1]));
    }

    [BackendFact]
    public void A_dirty_ring_gives_pages_in_the_order_in_which_they_were_written()
    {
        Assert.Equal(KvmErrno.None, _machine.TryEnable(KvmCapability.DirtyLogRing, 4096));
        IVcpu vcpu = StartWriter(pages: 70, step: 23);
        RunToHalt(vcpu);
        DirtyPage[] pages = new DirtyPage[3];

        Assert.Equal(3, vcpu.HarvestDirtyRing(pages));
        Assert.Equal([Written(0), Written(23), Written(46)], pages);
        Assert.Equal(1, vcpu.HarvestDirtyRing(pages));
        Assert.Equal(Written(69), pages[0]);
        Assert.Equal(0, vcpu.HarvestDirtyRing(pages));

        Assert.Equal(KvmErrno.None, _machine.TryResetDirtyRings(out int freed));
        Assert.Equal(4, freed);
        Assert.Equal(KvmErrno.ENXIO, _machine.TryGetDirtyLog(_logged, new ulong[2]));
    }

    // As a migration does it: while the guest goes on, whoever harvests hears of every page. A page is recorded before it is
    // written, so a reset in between makes it come once more.
    [BackendFact]
    public void A_ring_is_harvested_by_another_thread_while_the_guest_runs()
    {
        const int Pages = 100;
        Assert.Equal(KvmErrno.None, _machine.TryEnable(KvmCapability.DirtyLogRing, 4096));
        IVcpu vcpu = StartWriter(pages: Pages, step: 1);
        var owner = new Thread(() => RunToHalt(vcpu));
        owner.Start();

        var seen = new List<ulong>();
        DirtyPage[] pages = new DirtyPage[16];
        bool running = true;
        while (running)
        {
            // Once more after the guest has halted.
            running = !owner.Join(0);
            for (int count = vcpu.HarvestDirtyRing(pages); count > 0; count = vcpu.HarvestDirtyRing(pages))
            {
                foreach (DirtyPage page in pages.AsSpan(0, count))
                {
                    if (seen.Count == 0 || seen[^1] != page.Page)
                        seen.Add(page.Page);
                }
                Assert.Equal(KvmErrno.None, _machine.TryResetDirtyRings(out _));
            }
        }

        Assert.Equal(Pages, seen.Count);
        for (int page = 0; page < Pages; page++)
            Assert.Equal((ulong)page, seen[page]);
    }

    [BackendFact]
    public void A_vcpu_without_a_ring_has_nothing_to_harvest()
    {
        IVcpu vcpu = StartWriter(pages: 2, step: 1);
        RunToHalt(vcpu);

        Assert.Equal(0, vcpu.HarvestDirtyRing(new DirtyPage[1]));
        vcpu.Dispose();
        Assert.Throws<ObjectDisposedException>(() => vcpu.HarvestDirtyRing(new DirtyPage[1]));
    }

    [BackendFact]
    public void A_trigger_wakes_who_waits_and_does_not_leave_the_guest()
    {
        using IMachineEvent raised = _machine.CreateEvent();
        Assert.Equal(KvmErrno.None, _machine.TryAddTrigger(new WriteTrigger(0x40, 1, IsPort: true), raised));
        Assert.Equal(KvmErrno.None, _machine.TryAddTrigger(new WriteTrigger(Device, 1, IsPort: false, Data: 5), raised));
        bool woken = false;
        var waiter = new Thread(() => woken = raised.Wait(_soon));
        waiter.Start();

        // out 0x40, al; mov [bx], cl; mov [bx], al; hlt
        IVcpu vcpu = Start(0xe6, 0x40, 0x88, 0x0f, 0x88, 0x07, 0xf4);
        vcpu.SetRegs(new KvmRegs { Rip = Code, Rflags = 2, Rax = 7, Rcx = 5 });

        VcpuExit exit = vcpu.Run();
        Assert.Equal(new MmioExit(new Gpa(Device), 1, IsWrite: true), exit.Mmio);
        Assert.Equal([7], exit.Data.ToArray());
        Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
        Assert.True(waiter.Join(_soon));
        Assert.True(woken);
        Assert.Equal(2UL, raised.Take());
        Assert.False(raised.Wait(TimeSpan.Zero));
    }

    [BackendFact]
    public void Triggers_are_refused_as_KVM_refuses_them()
    {
        using IMachineEvent one = _machine.CreateEvent();
        using IMachineEvent other = _machine.CreateEvent();
        var trigger = new WriteTrigger(Device, 4, IsPort: false);

        Assert.Equal(KvmErrno.EINVAL, _machine.TryAddTrigger(trigger with { Length = 3 }, one));
        Assert.Equal(KvmErrno.EINVAL, _machine.TryAddTrigger(trigger with { Length = 0, Data = 1 }, one));
        Assert.Equal(KvmErrno.EINVAL, _machine.TryAddTrigger(trigger with { Address = ulong.MaxValue }, one));
        Assert.Equal(KvmErrno.None, _machine.TryAddTrigger(trigger, one));
        Assert.Equal(KvmErrno.EEXIST, _machine.TryAddTrigger(trigger with { Data = 1 }, other));
        Assert.Equal(KvmErrno.ENOENT, _machine.TryRemoveTrigger(trigger, other));
        Assert.Equal(KvmErrno.None, _machine.TryRemoveTrigger(trigger, one));
        Assert.Equal(KvmErrno.ENOENT, _machine.TryRemoveTrigger(trigger, one));
    }

    [BackendFact]
    public void A_zone_collects_writes_until_it_is_taken_away()
    {
        var zone = new CoalescedZone(Device, 0x1000);
        Assert.Equal(KvmErrno.None, _machine.TryAddCoalescedZone(zone));
        Assert.False(_machine.TryTakeCoalesced(out _));

        // mov [bx], ax; mov [bx], cl; hlt
        IVcpu vcpu = Start(0x89, 0x07, 0x88, 0x0f, 0xf4);
        var regs = new KvmRegs { Rip = Code, Rflags = 2, Rax = 0x1122, Rcx = 0x33 };
        vcpu.SetRegs(regs);
        Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);

        Assert.True(_machine.TryTakeCoalesced(out CoalescedWrite write));
        Assert.Equal(new CoalescedWrite(Device, 2, false, 0x1122), write);
        Assert.True(_machine.TryTakeCoalesced(out write));
        Assert.Equal(new CoalescedWrite(Device, 1, false, 0x33), write);
        Assert.False(_machine.TryTakeCoalesced(out _));

        Assert.Equal(KvmErrno.None, _machine.TryRemoveCoalescedZones(zone with { Size = 1 }));
        vcpu.SetRegs(regs);
        Assert.Equal(VcpuExitReason.Mmio, vcpu.Run().Reason);
    }

    [BackendFact]
    public void An_interrupt_needs_a_controller()
    {
        using IMachineEvent source = _machine.CreateEvent();

        Assert.Equal(KvmErrno.EINVAL, _machine.TryAddInterruptSource(5, source));
        Assert.Equal(KvmErrno.None, _machine.TryRemoveInterruptSource(5, source));
    }

    [BackendFact]
    public void A_machine_can_end_while_its_vcpu_runs()
    {
        // out 0x10, al; jmp $
        IVcpu vcpu = Start(0xe6, 0x10, 0xeb, 0xfe);
        using var started = new ManualResetEventSlim();
        VcpuExitReason reason = default;
        Exception? after = null;
        var owner = new Thread(() =>
        {
            vcpu.Run();
            started.Set();
            // The end may come before this begins; then it is refused, as the next one is.
            after = Record.Exception(() => reason = vcpu.Run().Reason) ?? Record.Exception(() => vcpu.Run().Reason);
        });
        owner.Start();
        Assert.True(started.Wait(_soon));

        _machine.Dispose();

        Assert.True(owner.Join(_soon));
        Assert.IsType<ObjectDisposedException>(after);
        Assert.True(reason is VcpuExitReason.Intr or default(VcpuExitReason), $"{reason}");
        Assert.Throws<ObjectDisposedException>(() => _machine.CreateVcpu(new VcpuId(1)));
    }

    static DirtyPage Written(ulong page) => new(default, _logged, page);

    static void RunToHalt(IVcpu vcpu)
    {
        VcpuExitReason reason;
        // A ring that fills up is emptied meanwhile.
        while ((reason = vcpu.Run().Reason) == VcpuExitReason.DirtyRingFull)
            Thread.Yield();
        Assert.Equal(VcpuExitReason.Hlt, reason);
    }

    // A guest that writes a byte into every so many pages of the logged slot, and then halts.
    IVcpu StartWriter(int pages, int step)
    {
        // again: mov [bx], al; mov dx, ds; add dx, si; mov ds, dx; loop again; hlt
        IVcpu vcpu = Start(0x88, 0x07, 0x8c, 0xda, 0x01, 0xf2, 0x8e, 0xda, 0xe2, 0xf6, 0xf4);
        vcpu.GetSregs(out KvmSregs sregs);
        sregs.Ds.Base = LoggedGpa;
        sregs.Ds.Selector = (ushort)(LoggedGpa >> 4);
        vcpu.SetSregs(sregs);
        ulong count = (ulong)((pages + step - 1) / step);
        vcpu.SetRegs(new KvmRegs { Rip = Code, Rflags = 2, Rcx = count, Rsi = (ulong)step * (Page.Size >> 4) });
        return vcpu;
    }

    // Real mode, the code segment at 0, the data segment at the device.
    IVcpu Start(params ReadOnlySpan<byte> code)
    {
        Assert.True(_machine.Memory.TryWrite(new Gpa(Code), code, out _));
        IVcpu vcpu = _machine.CreateVcpu(new VcpuId(0));
        vcpu.GetSregs(out KvmSregs sregs);
        sregs.Cs.Base = 0;
        sregs.Cs.Selector = 0;
        sregs.Ds.Base = Device;
        sregs.Ds.Selector = (ushort)(Device >> 4);
        vcpu.SetSregs(sregs);
        vcpu.SetRegs(new KvmRegs { Rip = Code, Rflags = 2 });
        return vcpu;
    }
}
