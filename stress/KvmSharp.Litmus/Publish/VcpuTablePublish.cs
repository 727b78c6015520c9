using System;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.Litmus.Publish;

/// <summary>The vCPU table with one of its stores: whoever sees the count sees every vCPU below it, complete.</summary>
sealed class VcpuTablePublish(VcpuStoreDesign design) : Variant(design.Name, isBroken: false)
{
    // Ids unlike indices, so that the way by id is taken too.
    const uint FirstId = 7;

    internal override Observation Run(TimeSpan duration)
    {
        VirtualMachine? current = null;
        bool over = false;
        long violations = 0, hits = 0;
        var reader = new Thread(() =>
        {
            VirtualMachine? machine = null;
            int last = 0;
            while (!Volatile.Read(ref over))
            {
                VirtualMachine? now = Volatile.Read(ref current);
                if (!ReferenceEquals(now, machine))
                {
                    machine = now;
                    last = 0;
                }
                if (machine is null)
                    continue;
                int seen = machine.Vcpus.Count;
                if (seen == last)
                    continue;
                last = seen;
                hits++;
                if (!IsComplete(machine, seen - 1))
                    violations++;
            }
        })
        { IsBackground = true };
        reader.Start();

        long samples = 0;
        var deadline = new Deadline(duration);
        while (!deadline.HasPassed)
        {
            using var machine = new VirtualMachine(new VirtualMachineOptions { VcpuStore = design });
            Volatile.Write(ref current, machine);
            for (uint index = 0; index < machine.Vcpus.MaxCount; index++, samples++)
                machine.Vcpus.Create(new VcpuId(FirstId + index));
        }
        Volatile.Write(ref over, true);
        reader.Join();
        return new Observation(samples, hits, violations);
    }

    static bool IsComplete(VirtualMachine machine, int index) =>
        machine.Vcpus.TryGet(new VcpuIndex(index), out Vcpu? vcpu)
        && vcpu is not null
        && vcpu.Index.Value == index
        && ReferenceEquals(vcpu.Machine, machine)
        && vcpu.Memory is not null
        && vcpu.Mode == VcpuMode.OutsideGuestMode
        && machine.Vcpus.TryFind(new VcpuId(FirstId + (uint)index), out Vcpu? byId)
        && ReferenceEquals(byId, vcpu);
}
