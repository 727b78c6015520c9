using System;
using System.IO;
using System.Linq;
using Iced.Intel;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HostMemory;
using KvmSharp.Vcpus;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Benchmarks;

/// <summary>A machine in 64-bit mode whose vCPUs all run the same counted loop, each on data of its own.</summary>
sealed class LoopMachine : IDisposable
{
    const ulong MemoryBytes = 16UL << 20;
    const ulong Code = 0x8000;
    const ulong Root = 0x10_0000;
    const ulong Data = 0x40_0000;
    const ulong DataStride = 0x1_0000;
    const ulong OsFxsr = 1 << 9;

    /// <summary>Where a vCPU's data has a half, as a double.</summary>
    internal const int Half = 24;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(MemoryBytes);
    readonly SoftwareMachine _machine = SoftwareBackend.Instance.CreateMachine();
    readonly SoftwareVcpu[] _vcpus;

    internal LoopMachine(Action<Assembler> body, int vcpus)
    {
        _machine.Slots.Add(new Gpa(0), _memory);
        WriteTables();
        Assemble(body);
        _vcpus = [.. Enumerable.Range(0, vcpus).Select(Create)];
    }

    internal long Instructions => _vcpus.Sum(static vcpu => vcpu.Statistics.Instructions);

    /// <summary>Runs the loop on all vCPUs, each on a thread of its own, to the end.</summary>
    internal ParallelRun Run(int iterations) =>
        ParallelRun.Of(_vcpus.Length, index => RunOne(_vcpus[index], index, iterations));

    public void Dispose()
    {
        _machine.Dispose();
        _memory.Dispose();
    }

    static void RunOne(SoftwareVcpu vcpu, int index, int iterations)
    {
        ulong data = Data + ((ulong)index * DataStride);
        vcpu.SetRegs(new KvmRegs
        {
            Rip = Code,
            Rsp = data + DataStride,
            Rflags = 2,
            Rcx = (ulong)iterations,
            Rdx = 5077,
            R8 = data,
        });
        if (vcpu.Run().Reason != VcpuExitReason.Hlt)
            throw new InvalidOperationException("the loop did not come to its end");
    }

    void Assemble(Action<Assembler> body)
    {
        var assembler = new Assembler(64);
        Label again = assembler.CreateLabel();
        assembler.Label(ref again);
        assembler.nop();
        body(assembler);
        assembler.dec(rcx);
        assembler.jne(again);
        assembler.hlt();
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), Code);
        _machine.Memory.TryWrite(new Gpa(Code), stream.ToArray(), out _);
    }

    // Everything where it is, in pages of 2 MiB.
    void WriteTables()
    {
        const ulong Table = 3;
        const ulong Large = 0x83;
        _machine.Memory.Write(new Gpa(Root), (Root + Page.Size) | Table);
        _machine.Memory.Write(new Gpa(Root + Page.Size), (Root + (2 * Page.Size)) | Table);
        for (ulong at = 0; at < MemoryBytes; at += 2UL << 20)
            _machine.Memory.Write(new Gpa(Root + (2 * Page.Size) + (at >> 18)), at | Large);
    }

    SoftwareVcpu Create(int index)
    {
        SoftwareVcpu vcpu = _machine.CreateVcpu(new VcpuId((uint)index));
        vcpu.GetSregs(out KvmSregs sregs);
        var data = new KvmSegment { Selector = 16, Limit = uint.MaxValue, Type = 3, S = 1, Present = 1, Db = 1, G = 1 };
        sregs.Ds = sregs.Es = sregs.Ss = data;
        sregs.Cs = data with { Selector = 8, Type = 0xB, Db = 0, L = 1 };
        sregs.Cr0 = 0x8001_0011;
        sregs.Cr3 = Root;
        sregs.Cr4 = 0x20 | OsFxsr;
        sregs.Efer = 0x500;
        vcpu.SetSregs(in sregs);
        // Ones, and XMM1 halves.
        vcpu.GetFpu(out KvmFpu fpu);
        Span<byte> vectors = fpu.Xmm;
        for (int at = 0; at < vectors.Length; at += sizeof(double))
            BitConverter.TryWriteBytes(vectors[at..], at / 16 == 1 ? 0.5 : 1.0);
        vcpu.SetFpu(in fpu);
        _machine.Memory.Write(new Gpa(Data + ((ulong)index * DataStride) + Half), 0.5);
        return vcpu;
    }
}
