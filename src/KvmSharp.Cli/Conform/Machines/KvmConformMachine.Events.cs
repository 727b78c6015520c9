using KvmSharp.Buses;
using KvmSharp.Hardware;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Raw;

namespace KvmSharp.Cli.Conform.Machines;

// Descriptors, and what only the kernel has.
partial class KvmConformMachine : IKernelCalls
{
    internal override IKernelCalls Kernel => this;

    VmDescriptor Vm => _machine.Vm;

    internal override KvmErrno SetIoevent(ulong address, uint length, string descriptor, uint flags, ulong data) =>
        Vm.TryIoeventfd(address, length, NumberOf(descriptor), flags, data);

    internal override KvmErrno SetIrqfd(string descriptor, uint gsi, uint flags, string resampled) =>
        Vm.TryIrqfd(NumberOf(descriptor), gsi, flags, unchecked((uint)NumberOf(resampled)));

    internal override KvmErrno SetCoalesced(ulong address, uint size, uint pio, bool remove) => remove
        ? Vm.TryUnregisterCoalesced(address, size, pio)
        : Vm.TryRegisterCoalesced(address, size, pio);

    internal override int CountCoalesced() => _machine.CountCoalesced();

    internal override bool TryTakeCoalesced(out CoalescedWrite write) => _machine.TryTakeCoalesced(out write);


    KvmErrno IKernelCalls.TryAt(uint? vcpu, uint number, uint address)
    {
        var request = new Request(number, "ioctl");
        if (vcpu is null)
            return Vm.TryAt(request, address);
        return _vcpus.TryGetValue(vcpu.Value, out HardwareVcpu? owner) ? owner.Descriptor.TryAt(request, address) : KvmErrno.EBADF;
    }

    private protected override IMachineEvent NewEvent() => new EventDescriptor();

    // Of an event, of a memory file, of the device itself; −1 for no descriptor.
    int NumberOf(string name) =>
        TryFindEvent(name, out IMachineEvent? found) ? ((EventDescriptor)found).Number
        : _memfds.TryGetValue(name, out GuestMemfd? memfd) ? memfd.Number
        : name == DeviceName ? _machine.System.Number
        : -1;
}
