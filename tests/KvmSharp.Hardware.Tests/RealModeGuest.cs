using System;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HostMemory;
using KvmSharp.Vcpus;

namespace KvmSharp.Hardware.Tests;

/// <summary>A machine with a page-aligned block of memory at address zero and one vCPU in real mode, flat segments.</summary>
sealed class RealModeGuest : IDisposable
{
    internal const ulong Entry = 0x1000;
    internal const ulong Bytes = 1UL << 20;

    readonly AnonymousMemory _ram = AnonymousMemory.Create(Bytes);

    internal RealModeGuest(params ReadOnlySpan<byte> code)
    {
        Machine = new HardwareBackend().CreateMachine();
        Machine.Slots.Add(new Gpa(0), _ram);
        Assert(Machine.Memory.TryWrite(new Gpa(Entry), code, out _));
        Vcpu = Machine.CreateVcpu(new VcpuId(0));
        Start(Vcpu);
    }

    internal HardwareMachine Machine { get; }

    internal HardwareVcpu Vcpu { get; }

    /// <summary>Puts a vCPU at the entry.</summary>
    internal static void Start(IVcpu vcpu)
    {
        vcpu.GetSregs(out KvmSregs sregs);
        sregs.Cs.Base = 0;
        sregs.Cs.Selector = 0;
        vcpu.SetSregs(sregs);
        vcpu.SetRegs(new KvmRegs { Rip = Entry, Rflags = 2 });
    }

    public void Dispose()
    {
        Machine.Dispose();
        _ram.Dispose();
    }

    static void Assert(bool done) => Xunit.Assert.True(done, "the code lies in memory");
}
