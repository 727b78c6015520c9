using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.HyperV;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.HyperV;

/// <summary>A machine whose vCPU 0 makes hypercalls, with its input at <see cref="Block"/>.</summary>
sealed class HyperVGuest : IDisposable
{
    public const ulong Block = PG;
    const int Pages = 4;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(Pages * PG);

    public HyperVGuest(int vcpus, HyperVOptions? options = null, bool hasApics = true, int maxVcpus = 1024)
    {
        Vm = new VirtualMachine(new VirtualMachineOptions
        {
            HyperV = options ?? new HyperVOptions(),
            MaxVcpus = maxVcpus,
            MaxVcpuIds = Math.Max(maxVcpus, 4096),
        });
        Vm.Put(0, 0, _memory, pages: Pages);
        for (uint id = 0; id < vcpus; id++)
            Vm.AddVcpu(id).HyperV.IsEnabled = true;
        Vm.HyperV.GuestOsId = 1;
        Vm.HyperV.Interrupts = hasApics ? Interrupts : null;
    }

    public VirtualMachine Vm { get; }

    public RecordingInterrupts Interrupts { get; } = new();

    public Vcpu Caller => VcpuAt(0);

    public Vcpu VcpuAt(int index)
    {
        Assert.True(Vm.Vcpus.TryGet(new VcpuIndex(index), out Vcpu? vcpu));
        return vcpu;
    }

    public void SetVp(int index, uint vp) => Assert.True(VcpuAt(index).HyperV.TrySetVpIndex(new VpIndex(vp)));

    /// <summary>Calls with a block in memory.</summary>
    public ulong Call(HypercallInput input, params ulong[] block)
    {
        byte[] bytes = new byte[block.Length * sizeof(ulong)];
        for (int word = 0; word < block.Length; word++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(word * sizeof(ulong)), block[word]);
        Assert.True(Vm.Memory.TryWrite(new Gpa(Block), bytes, out _));
        return CallAt(input, Block);
    }

    /// <summary>Calls with whatever is at an address.</summary>
    public ulong CallAt(HypercallInput input, ulong gpa) => Complete(new HypercallRegisters(input, gpa, 0));

    /// <summary>Calls with input in registers.</summary>
    public ulong CallFast(HypercallInput input, ulong first, ulong second, params ulong[] xmm)
    {
        ulong[] halves = [.. xmm, .. new ulong[HypercallRegisters.XmmHalves - xmm.Length]];
        return Complete(new HypercallRegisters(input, first, second, halves));
    }

    /// <summary>The vCPUs that have been asked to flush since this was last called.</summary>
    public int[] TakeFlushed() => [.. AllFlushes().Where(flush => flush.Kind != GuestTlbFlush.None).Select(flush => flush.Index)];

    /// <summary>What each vCPU has been asked to flush.</summary>
    public IEnumerable<(int Index, GuestTlbFlush Kind, GvaRange[] Ranges)> AllFlushes()
    {
        for (int index = 0; index < Vm.Vcpus.Count; index++)
        {
            var ranges = new GvaRange[HyperVVcpu.MaxRanges];
            GuestTlbFlush kind = VcpuAt(index).HyperV.TakeGuestTlbFlush(ranges, out int count);
            yield return (index, kind, ranges[..count]);
        }
    }

    public void Dispose()
    {
        Vm.Dispose();
        _memory.Dispose();
    }

    ulong Complete(in HypercallRegisters registers)
    {
        Assert.Equal(HypercallOutcome.Completed, Caller.HyperV.Hypercall(registers, out HypercallResult result));
        return result.Value;
    }
}
