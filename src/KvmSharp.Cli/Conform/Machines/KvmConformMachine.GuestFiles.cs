using System.Collections.Generic;
using KvmSharp.Hardware;
using KvmSharp.Hardware.Abi;

namespace KvmSharp.Cli.Conform.Machines;

// Slots with a second descriptor.
partial class KvmConformMachine
{
    readonly Dictionary<string, GuestMemfd> _memfds = [];

    internal override KvmErrno CreateMemfd(string name, ulong size, ulong flags, bool isForeign)
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

    internal override void CloseMemfd(string name)
    {
        if (_memfds.Remove(name, out GuestMemfd? old))
            old.Dispose();
    }

    private protected override KvmErrno SetSlot2Core(
        uint word, uint flags, ulong gpa, ulong size, ulong hva, string? descriptor, ulong offset)
    {
        var region = new kvm_userspace_memory_region2
        {
            slot = word,
            flags = flags,
            guest_phys_addr = gpa,
            memory_size = size,
            userspace_addr = hva,
            guest_memfd = unchecked((uint)NumberOf(descriptor ?? DeviceName)),
            guest_memfd_offset = offset,
        };
        return Vm.TrySetMemoryRegion2(ref region);
    }

    void ClearMemfds()
    {
        foreach (GuestMemfd memfd in _memfds.Values)
            memfd.Dispose();
        _memfds.Clear();
    }
}
