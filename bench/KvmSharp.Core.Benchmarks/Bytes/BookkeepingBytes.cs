using System;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;
using KvmSharp.Benchmarks.Slots;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Bytes;

/// <summary>What the library's own objects take on the managed heap, without the guest's memory.</summary>
static class BookkeepingBytes
{
    const int Runs = 7;

    /// <summary>A machine with nothing in it.</summary>
    internal static long EmptyMachine() => Median(static () => new VirtualMachine());

    /// <summary>A machine with one slot and one vCPU that has not touched memory yet.</summary>
    internal static long OneSlotOneVcpu(bool touched)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        return Median(() =>
        {
            var machine = new VirtualMachine();
            machine.Slots.Add(new Gpa(0), memory);
            Vcpu vcpu = machine.Vcpus.Create(new VcpuId(0));
            if (touched)
                vcpu.Memory.TryRead(new Gpa(0), out ulong _);
            return machine;
        }) - (touched ? GuestMemory.TlbBytes : 0);
    }

    /// <summary>Bytes for each slot when there are as many as there may be.</summary>
    internal static double PerSlot(SlotStoreDesign design, SlotPlaces layout)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(SlotCrowd.Most * (ulong)Page.Size);
        Gfn[] places = SlotCrowd.Places(SlotCrowd.Most, layout);
        long all = Median(() =>
        {
            var machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = design });
            SlotCrowd.Add(machine, places, memory);
            return machine;
        });
        return (double)all / SlotCrowd.Most;
    }

    static long Median(Func<VirtualMachine> make)
    {
        // What is made once for all machines is not a machine's.
        Make(make);
        long[] bytes = new long[Runs];
        for (int run = 0; run < Runs; run++)
            bytes[run] = Make(make);
        Array.Sort(bytes);
        return bytes[Runs / 2];
    }

    // A method of its own, so that no machine of an earlier run is still on the stack and counted in.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static long Make(Func<VirtualMachine> make)
    {
        long before = HeapBytes();
        VirtualMachine machine = make();
        long bytes = HeapBytes() - before;
        machine.Dispose();
        return bytes;
    }

    static long HeapBytes()
    {
        // Twice: what a finalizer held is gone only after it has run.
        GC.GetTotalMemory(forceFullCollection: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
