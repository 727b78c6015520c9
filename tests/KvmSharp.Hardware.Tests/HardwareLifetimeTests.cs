using System;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Hardware.Tests;

/// <summary>Ends that come while something is under way, and what is left behind.</summary>
[Collection(AloneCollection.Name)]
public sealed class HardwareLifetimeTests(ITestOutputHelper output)
{
    [KvmFact]
    public void An_exits_data_outlives_its_vcpu()
    {
        // out 0x10, al; hlt
        using var guest = new RealModeGuest(0xe6, 0x10, 0xf4);
        VcpuExit exit = guest.Vcpu.Run();
        Span<byte> data = exit.Data;

        guest.Machine.Dispose();

        Assert.Equal(0, data[0]);
        data[0] = 1;
        Assert.Throws<ObjectDisposedException>(() => guest.Vcpu.Run().Reason);
        Assert.Throws<ObjectDisposedException>(() => guest.Vcpu.ReadyForInterruptInjection);
        Assert.Throws<ObjectDisposedException>(() => guest.Vcpu.GetRegs(out _));
        guest.Vcpu.Kick();
        GC.KeepAlive(guest);
    }

    [KvmFact]
    public void Memory_that_goes_from_under_a_slot_is_an_exit()
    {
        // mov [0x9000], al; hlt
        using var guest = new RealModeGuest(0xf4);
        guest.Machine.Slots.Delete(new SlotId(0));
        using AnonymousMemory ram = AnonymousMemory.Create(0x8000);
        guest.Machine.Slots.Add(new Gpa(0), ram);
        Assert.True(guest.Machine.Memory.TryWrite(new Gpa(RealModeGuest.Entry), [0xa2, 0x00, 0x90, 0xf4], out _));
        // Nothing is mapped in the first page of a process.
        guest.Machine.Slots.Set(new MemoryRegion(new SlotId(1), SlotFlags.None, new Gpa(0x9000), 0x1000, new Hva(0)));

        VcpuExit exit = guest.Vcpu.Run();

        // The processor reports a fault of memory, KVM's instruction emulator an access outside it.
        Assert.True(exit.Reason is VcpuExitReason.MemoryFault or VcpuExitReason.Mmio, exit.ToString());
    }

    [KvmFact]
    public void Another_process_cannot_use_a_machine()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using HardwareVcpu vcpu = machine.CreateVcpu(new VcpuId(0));

        // The kernel looks whose memory it would be before it looks at the slot.
        int run = ForkedChild.Ioctl(vcpu.Descriptor, Hardware.Abi.Requests.KVM_RUN.Number);
        int slot = ForkedChild.Ioctl(machine.Vm, Hardware.Abi.Requests.KVM_SET_USER_MEMORY_REGION.Number);

        Assert.Equal((KvmErrno.EIO, KvmErrno.EIO), ((KvmErrno)run, (KvmErrno)slot));
    }

    [KvmFact]
    public void A_machine_is_the_same_through_another_descriptor()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using var copy = new VmDescriptor(Duplicate(machine.Vm.Number));
        using AnonymousMemory memory = AnonymousMemory.Create(0x1000);
        var region = new Hardware.Abi.kvm_userspace_memory_region
        {
            slot = 11,
            memory_size = 0x1000,
            userspace_addr = memory.Range.Start.Value,
        };

        Assert.Equal(KvmErrno.None, copy.TrySetMemoryRegion(ref region));

        region.slot = 12;
        Assert.Equal(KvmErrno.EEXIST, machine.Vm.TrySetMemoryRegion(ref region));
    }

    [KvmFact]
    public void A_full_descriptor_table_is_told_and_survived()
    {
        HardwareBackend backend = new();
        using HardwareMachine machine = backend.CreateMachine();
        KvmException exception;
        KvmException ofVcpu;
        KvmException ofEvent;
        using (DescriptorLimit.None())
        {
            exception = Assert.Throws<KvmException>(() => backend.CreateMachine());
            ofVcpu = Assert.Throws<KvmException>(() => machine.CreateVcpu(new VcpuId(0)));
            ofEvent = Assert.Throws<KvmException>(() => machine.CreateEvent());
        }

        Assert.Equal(KvmErrno.EMFILE, exception.Errno);
        Assert.Contains("ulimit -n", exception.Message, StringComparison.Ordinal);
        Assert.Equal((KvmErrno.EMFILE, "KVM_CREATE_VCPU"), (ofVcpu.Errno, ofVcpu.Operation));
        Assert.Equal((KvmErrno.EMFILE, "eventfd"), (ofEvent.Errno, ofEvent.Operation));
        backend.CreateMachine().Dispose();
        machine.CreateEvent().Dispose();
        machine.CreateVcpu(new VcpuId(0));
    }

    // Ten thousand take twenty seconds: KVMSHARP_MACHINES=10000.
    [KvmFact]
    public void Thousands_of_machines_leave_nothing_behind()
    {
        const string Wanted = "KVMSHARP_MACHINES";
        int machines = int.TryParse(Environment.GetEnvironmentVariable(Wanted), out int wanted) ? wanted : 1_000;
        int descriptors = Mappings.KvmDescriptors();
        int mappings = Mappings.OfThisProcess().Count;
        HardwareBackend backend = new();
        using AnonymousMemory memory = AnonymousMemory.Create(0x1000);
        long started = Environment.TickCount64;

        // The kernel waits for itself when a machine ends; several at once share the waits.
        Parallel.For(0, machines, new ParallelOptions { MaxDegreeOfParallelism = 16 }, count =>
        {
            using HardwareMachine machine = backend.CreateMachine();
            machine.Slots.Add(new Gpa(0), memory);
            // A vCPU costs the kernel most of it.
            if (count % 16 == 0)
                machine.CreateVcpu(new VcpuId(0));
        });

        output.WriteLine($"{machines} machines in {Environment.TickCount64 - started} ms");
        Assert.Equal(descriptors, Mappings.KvmDescriptors());
        Assert.Equal(0, Mappings.OfVcpus());
        // The runtime's own come and go, with its threads.
        Assert.InRange(Mappings.OfThisProcess().Count, 0, mappings + (machines / 10));
    }

    static int Duplicate(int descriptor)
    {
        int copy = dup(descriptor);
        Assert.True(copy >= 0);
        return copy;
    }

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int dup(int fd);
}
