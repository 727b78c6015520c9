using System.Collections.Generic;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Hardware;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Raw;

namespace KvmSharp.Cli.Conform.Machines;

// What only the kernel has.
partial class KvmConformMachine : IKernelCalls
{
    const string DeviceName = "kvm";

    readonly Dictionary<string, EventDescriptor> _events = [];
    readonly Dictionary<string, GuestMemfd> _memfds = [];
    CoalescedRing? _coalesced;

    internal override IKernelCalls Kernel => this;

    VmDescriptor Vm => _machine.Vm;

    void IKernelCalls.CreateEvent(string name)
    {
        if (_events.Remove(name, out EventDescriptor? old))
            old.Dispose();
        _events.Add(name, new EventDescriptor());
    }

    ulong IKernelCalls.TakeEvent(string name) => _events.TryGetValue(name, out EventDescriptor? found) ? found.Take() : 0;

    KvmErrno IKernelCalls.SetIoevent(ulong address, uint length, string descriptor, uint flags, ulong data) =>
        Vm.TryIoeventfd(address, length, NumberOf(descriptor), flags, data);

    KvmErrno IKernelCalls.CreateIrqchip() => Vm.TryCreateIrqchip();

    KvmErrno IKernelCalls.SetIrqfd(string descriptor, uint gsi, uint flags) => Vm.TryIrqfd(NumberOf(descriptor), gsi, flags);

    KvmErrno IKernelCalls.SetCoalesced(ulong address, uint size, uint pio, bool remove) => remove
        ? Vm.TryUnregisterCoalesced(address, size, pio)
        : Vm.TryRegisterCoalesced(address, size, pio);

    int IKernelCalls.CountCoalesced() => OpenCoalesced()?.Count ?? -1;

    string? IKernelCalls.TakeCoalesced() => OpenCoalesced() is { } ring && ring.TryTake(out CoalescedWrite write)
        ? $"{(write.IsPort ? "pio" : "mmio")} {Outcome.Of(write.Address)} {Outcome.Of((ulong)write.Length)} {Outcome.Of(write.Data)}"
        : null;

    KvmErrno IKernelCalls.CreateMemfd(string name, ulong size, ulong flags)
    {
        KvmErrno errno = Vm.TryCreateGuestMemfd(size, flags, out GuestMemfd? memfd);
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

    // Of an event, of a memory file, of the device itself; −1 for no descriptor.
    int NumberOf(string name) =>
        _events.TryGetValue(name, out EventDescriptor? found) ? found.Number
        : _memfds.TryGetValue(name, out GuestMemfd? memfd) ? memfd.Number
        : name == DeviceName ? _machine.System.Number
        : -1;

    // A machine has one ring, and shows it in each vCPU's memory.
    CoalescedRing? OpenCoalesced()
    {
        if (_coalesced is null)
        {
            foreach (HardwareVcpu vcpu in _vcpus.Values)
                return _coalesced = vcpu.OpenCoalescedRing();
        }
        return _coalesced;
    }

    void ClearEvents()
    {
        foreach (EventDescriptor descriptor in _events.Values)
            descriptor.Dispose();
        _events.Clear();
        foreach (GuestMemfd memfd in _memfds.Values)
            memfd.Dispose();
        _memfds.Clear();
        _coalesced = null;
    }
}
