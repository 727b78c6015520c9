using System.Collections.Generic;
using KvmSharp.Buses;
using KvmSharp.Hardware;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Raw;

namespace KvmSharp.Cli.Conform.Machines;

// Descriptors, and what only the kernel has.
partial class KvmConformMachine : IKernelCalls
{
    readonly Dictionary<string, GuestMemfd> _memfds = [];

    internal override IKernelCalls Kernel => this;

    VmDescriptor Vm => _machine.Vm;

    internal override KvmErrno SetIoevent(ulong address, uint length, string descriptor, uint flags, ulong data) =>
        Vm.TryIoeventfd(address, length, NumberOf(descriptor), flags, data);

    internal override KvmErrno SetIrqfd(string descriptor, uint gsi, uint flags) =>
        Vm.TryIrqfd(NumberOf(descriptor), gsi, flags);

    internal override KvmErrno SetCoalesced(ulong address, uint size, uint pio, bool remove) => remove
        ? Vm.TryUnregisterCoalesced(address, size, pio)
        : Vm.TryRegisterCoalesced(address, size, pio);

    internal override int CountCoalesced() => _machine.CountCoalesced();

    internal override bool TryTakeCoalesced(out CoalescedWrite write) => _machine.TryTakeCoalesced(out write);

    KvmErrno IKernelCalls.CreateIrqchip() => Vm.TryCreateIrqchip();

    KvmErrno IKernelCalls.CreateMemfd(string name, ulong size, ulong flags, bool isForeign)
    {
        // The file outlives the machine that made it.
        using HardwareMachine? other = isForeign ? _backend.CreateMachine() : null;
        KvmErrno errno = (other?.Vm ?? Vm).TryCreateGuestMemfd(size, flags, out GuestMemfd? memfd);
        if (errno != KvmErrno.None)
            return errno;
        CloseMemfd(name);
        _memfds.Add(name, memfd!);
        return errno;
    }

    void IKernelCalls.CloseMemfd(string name) => CloseMemfd(name);

    KvmErrno IKernelCalls.SetSlot2(
        uint word, uint flags, ulong gpa, ulong size, ulong hva, string? descriptor, ulong offset)
    {
        var region = new kvm_userspace_memory_region2
        {
            slot = word,
            flags = flags,
            guest_phys_addr = gpa,
            memory_size = size,
            userspace_addr = hva,
            guest_memfd = descriptor is null ? 0 : unchecked((uint)NumberOf(descriptor)),
            guest_memfd_offset = offset,
        };
        KvmErrno errno = Vm.TrySetMemoryRegion2(ref region);
        if (errno == KvmErrno.None)
            Remember(word, size);
        return errno;
    }

    KvmErrno IKernelCalls.TryAt(uint? vcpu, uint number, uint address)
    {
        var request = new Request(number, "ioctl");
        if (vcpu is null)
            return Vm.TryAt(request, address);
        return _vcpus.TryGetValue(vcpu.Value, out HardwareVcpu? owner) ? owner.Descriptor.TryAt(request, address) : KvmErrno.EBADF;
    }

    void CloseMemfd(string name)
    {
        if (_memfds.Remove(name, out GuestMemfd? old))
            old.Dispose();
    }

    private protected override IMachineEvent NewEvent() => new EventDescriptor();

    // Of an event, of a memory file, of the device itself; −1 for no descriptor.
    int NumberOf(string name) =>
        TryFindEvent(name, out IMachineEvent? found) ? ((EventDescriptor)found).Number
        : _memfds.TryGetValue(name, out GuestMemfd? memfd) ? memfd.Number
        : name == DeviceName ? _machine.System.Number
        : -1;

    void ClearMemfds()
    {
        foreach (GuestMemfd memfd in _memfds.Values)
            memfd.Dispose();
        _memfds.Clear();
    }
}
