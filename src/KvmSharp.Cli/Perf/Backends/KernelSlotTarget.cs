using System.Runtime.Versioning;
using KvmSharp.Hardware;
using KvmSharp.Hardware.Abi;

namespace KvmSharp.Cli.Perf.Backends;

/// <summary>The kernel's slots, past the Core's map: one ioctl a change.</summary>
[SupportedOSPlatform("linux")]
sealed class KernelSlotTarget : ISlotTarget
{
    readonly HardwareMachine _machine = new HardwareBackend().CreateMachine();

    public void Set(ushort id, ulong gpa, ulong size, ulong hva)
    {
        var region = new kvm_userspace_memory_region
        {
            slot = id,
            guest_phys_addr = gpa,
            memory_size = size,
            userspace_addr = hva,
        };
        KvmErrno errno = _machine.Vm.TrySetMemoryRegion(ref region);
        if (errno != KvmErrno.None)
            throw new PerfTestException($"kvm: slot {id} at 0x{gpa:x}: {errno}");
    }

    public void Dispose() => _machine.Dispose();
}
