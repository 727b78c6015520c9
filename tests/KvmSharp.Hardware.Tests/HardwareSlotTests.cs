using System;
using KvmSharp.Addresses;
using KvmSharp.Hardware.Abi;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>The Core's slots and the kernel's say the same.</summary>
public sealed class HardwareSlotTests : IDisposable
{
    const ulong PageSize = 0x1000;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(1UL << 20);

    public void Dispose() => _memory.Dispose();

    [KvmFact]
    public void What_the_kernel_refuses_changes_neither()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        SlotId id = machine.Slots.Add(new Gpa(0x1000), _memory);
        SlotGeneration before = machine.Slots.Generation();
        Assert.Equal(KvmErrno.None, SetBehindTheCore(machine, 5, 0x100_0000));

        SlotRefusal refusal = machine.Slots.TryMove(id, new Gpa(0x100_0000));

        Assert.Equal(SlotCheck.MirrorAccepts, refusal.Check);
        Assert.Equal(KvmErrno.EEXIST, refusal.Errno);
        Assert.Equal(before, machine.Slots.Generation());
        Assert.True(machine.Slots.TryFind(new Gfn(1), out _));
        Assert.Equal(KvmErrno.EEXIST, SetBehindTheCore(machine, 6, 0x1000));
    }

    [KvmFact]
    public void Every_change_reaches_the_kernel()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();

        SlotId id = machine.Slots.Add(new Gpa(0x1000), _memory);
        Assert.Equal(KvmErrno.EEXIST, SetBehindTheCore(machine, 9, 0x1000));

        machine.Slots.Move(id, new Gpa(0x100_0000));
        Assert.Equal(KvmErrno.None, SetBehindTheCore(machine, 9, 0x1000));
        Assert.Equal(KvmErrno.EEXIST, SetBehindTheCore(machine, 10, 0x100_0000));

        Assert.Equal(KvmErrno.ENOENT, machine.TryGetDirtyLog(id, new ulong[4]));
        machine.Slots.SetFlags(id, SlotFlags.LogDirty);
        Assert.Equal(KvmErrno.None, machine.TryGetDirtyLog(id, new ulong[4]));

        machine.Slots.Delete(id);
        Assert.Equal(KvmErrno.None, SetBehindTheCore(machine, 10, 0x100_0000));
    }

    [KvmFact]
    public void A_refused_transaction_is_undone_in_the_kernel()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        SlotId first = machine.Slots.Add(new Gpa(0), _memory, 0, PageSize);
        SlotId second = machine.Slots.Add(new Gpa(0x1000), _memory, PageSize, PageSize);
        Assert.Equal(KvmErrno.None, SetBehindTheCore(machine, 7, 0x5000));

        SlotRefusal refusal = machine.Slots.BeginTransaction()
            .Move(first, new Gpa(0x1000))
            .Move(second, new Gpa(0))
            .Create(new SlotId(3), new Gpa(0x4000), _memory)
            .TryApply();

        Assert.Equal(SlotCheck.MirrorAccepts, refusal.Check);
        Assert.Equal(KvmErrno.EEXIST, SetBehindTheCore(machine, 8, 0));
        Assert.Equal(KvmErrno.EEXIST, SetBehindTheCore(machine, 8, 0x1000));
        Assert.Equal(KvmErrno.None, SetBehindTheCore(machine, 8, 0x4000));
        Assert.Equal(_memory.Range.Start, machine.Slots.TryFind(new Gfn(0), out MemorySlot? slot) ? slot.Hva : default);
    }

    [KvmFact]
    public void Slots_can_take_each_others_places()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        SlotId first = machine.Slots.Add(new Gpa(0), _memory, 0, PageSize);
        SlotId second = machine.Slots.Add(new Gpa(0x1000), _memory, PageSize, PageSize);

        machine.Slots.BeginTransaction().Move(first, new Gpa(0x1000)).Move(second, new Gpa(0)).Apply();

        Assert.True(machine.Slots.TryFind(new Gfn(0), out MemorySlot? slot));
        Assert.Equal(second, slot.Id);
    }

    [KvmFact]
    public void A_dirty_bitmap_that_is_too_short_is_refused_before_the_kernel_writes_it()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        SlotId id = machine.Slots.Add(new Gpa(0), _memory, SlotFlags.LogDirty);

        Assert.Throws<ArgumentException>(() => machine.TryGetDirtyLog(id, new ulong[3]));
        Assert.Throws<ArgumentException>(() => machine.TryClearDirtyLog(id, 0, 256, new ulong[3]));
        Assert.Equal(KvmErrno.None, machine.TryClearDirtyLog(id, 0, 256, new ulong[4]));
    }

    [KvmFact]
    public void Disposal_lets_go_of_the_memory()
    {
        AnonymousMemory memory = AnonymousMemory.Create(PageSize);
        HardwareMachine machine = new HardwareBackend().CreateMachine();
        machine.Slots.Add(new Gpa(0), memory);
        memory.Dispose();
        Assert.Contains(Mappings.OfThisProcess(), range => range.Contains(memory.Range.Start.Value));

        machine.Dispose();

        Assert.DoesNotContain(Mappings.OfThisProcess(), range => range.Contains(memory.Range.Start.Value));
        Assert.Throws<ObjectDisposedException>(() => machine.CreateVcpu(default));
        Assert.Throws<ObjectDisposedException>(() => machine.Check(default));
    }

    KvmErrno SetBehindTheCore(HardwareMachine machine, uint slot, ulong gpa)
    {
        var region = new kvm_userspace_memory_region
        {
            slot = slot,
            guest_phys_addr = gpa,
            memory_size = PageSize,
            userspace_addr = _memory.Range.Start.Value,
        };
        return machine.Vm.TrySetMemoryRegion(ref region);
    }
}
