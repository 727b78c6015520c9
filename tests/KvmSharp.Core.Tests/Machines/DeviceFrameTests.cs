using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>A vCPU remembers where it last met a device, for as long as no slot changes.</summary>
public sealed class DeviceFrameTests : IDisposable
{
    const ulong Place = 5;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(16 * Page.Size);

    public void Dispose() => _memory.Dispose();

    [Theory, EveryStore]
    public void Accesses_to_one_device_fault_once(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();

        for (int access = 0; access < 10; access++)
            Assert.False(vcpu.Memory.TryWrite(At(Place), 1UL));

        Assert.Equal((1, 10), (vm.Counters.Faults, vm.Counters.MmioAccesses));
        Assert.Equal(GuestAccessKind.Mmio, vcpu.Memory.Fault.Kind);
        Assert.Equal((1, At(Place)), (vcpu.Memory.Fault.FragmentCount, vcpu.Memory.Fault.Fragment(0).Gpa));
    }

    [Theory, EveryStore]
    public void Memory_that_comes_is_found_at_once_and_missed_when_it_goes(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();

        for (int round = 0; round < 3; round++)
        {
            Assert.False(vcpu.Memory.TryRead(At(Place), out ulong _));
            vm.Put(0, Place, _memory);
            Assert.True(vcpu.Memory.TryRead(At(Place), out ulong _));
            vm.Slots.Delete(new SlotId(0));

            Assert.False(vcpu.Memory.TryRead(At(Place), out ulong _));
            vm.Put(0, 2 * Place, _memory);
            vm.Slots.Move(new SlotId(0), At(Place));
            Assert.True(vcpu.Memory.TryRead(At(Place), out ulong _));
            vm.Slots.Delete(new SlotId(0));
        }
    }

    [Theory, EveryStore]
    public void What_is_read_only_is_a_device_for_writes_alone(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();
        vm.Put(0, Place, _memory, flags: SlotFlags.ReadOnly);

        for (int round = 0; round < 3; round++)
        {
            Assert.False(vcpu.Memory.TryWrite(At(Place), 1UL));
            Assert.True(vcpu.Memory.TryRead(At(Place), out ulong _));
        }

        vm.Slots.Delete(new SlotId(0));
        vm.Put(0, Place, _memory);
        Assert.True(vcpu.Memory.TryWrite(At(Place), 1UL));
    }

    [Theory, EveryStore]
    public void Another_address_space_has_other_devices(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();
        vm.Slots.Create(new SlotId(0), At(Place), _memory, SlotFlags.None, new AddressSpaceId(1));
        Assert.False(vcpu.Memory.TryRead(At(Place), out ulong _));

        vcpu.AddressSpace = new AddressSpaceId(1);
        Assert.True(vcpu.Memory.TryRead(At(Place), out ulong _));

        vcpu.AddressSpace = default;
        Assert.False(vcpu.Memory.TryRead(At(Place), out ulong _));
    }
}
