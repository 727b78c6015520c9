using System;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Hardware;
using KvmSharp.HostMemory;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Doctor;

/// <summary>What a probe guest needs.</summary>
enum ProbeGuestKind
{
    RealMode,
    LongMode,

    /// <summary>Vector instructions too, which every compiler uses and not every emulator knows.</summary>
    LongModeWithSse,
}

/// <summary>Tries whether a guest runs: a sum in a loop, then HLT.</summary>
[SupportedOSPlatform("linux")]
static class ProbeGuest
{
    const ulong MemoryBytes = 2 << 20;
    const ulong Sum = 0x8000;
    const int Count = 1000;

    // Page tables that map the first 2 MiB to themselves, then the code.
    const ulong Pml4 = 0x1000;
    const ulong Pdpt = 0x2000;
    const ulong PageDirectory = 0x3000;
    const ulong Code = 0x4000;

    const ulong PresentWritable = 3;
    const ulong LargePage = 1 << 7;

    const ulong Cr0ProtectedPaged = 0x8000_0011;
    const ulong Cr4PaeSse = 1 << 5 | 1 << 9;
    const ulong EferLongMode = 0x500;

    static readonly byte[] _realModeCode =
    [
        0xb9, 0xe8, 0x03,             // mov cx, 1000
        0x66, 0x31, 0xc0,             // xor eax, eax
        0x66, 0x01, 0xc8,             // add eax, ecx
        0xe2, 0xfb,                   // loop to the add
        0x66, 0xa3, 0x00, 0x80,       // mov [0x8000], eax
    ];

    // With what a kernel does all the time: a stack, control registers, vectors.
    static readonly byte[] _longModeCode =
    [
        0x48, 0xc7, 0xc4, 0x00, 0x00, 0x01, 0x00,             // mov rsp, 0x10000
        0xb9, 0xe8, 0x03, 0x00, 0x00,                         // mov ecx, 1000
        0x51,                                                 // push rcx
        0x58,                                                 // pop rax
        0x48, 0x01, 0x04, 0x25, 0x00, 0x80, 0x00, 0x00,       // add [0x8000], rax
        0xff, 0xc9,                                           // dec ecx
        0x75, 0xf2,                                           // jnz to the push
        0x0f, 0x20, 0xd8,                                     // mov rax, cr3
        0x0f, 0x22, 0xd8,                                     // mov cr3, rax
    ];

    static readonly byte[] _sseCode =
    [
        0x66, 0x0f, 0x6e, 0xc0,                               // movd xmm0, eax
        0x66, 0x0f, 0xfe, 0xc0,                               // paddd xmm0, xmm0
    ];

    const byte Hlt = 0xf4;

    // A guest that spins for ever is one that does not run.
    static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    /// <returns>Nothing when it runs; otherwise what happened instead.</returns>
    internal static string? Try(HardwareBackend backend, ProbeGuestKind kind)
    {
        try
        {
            using HardwareMachine machine = backend.CreateMachine();
            using AnonymousMemory memory = AnonymousMemory.Create(MemoryBytes);
            machine.Slots.Add(new Gpa(0), memory);
            using HardwareVcpu vcpu = machine.CreateVcpu(new VcpuId(0));
            machine.Memory.TryWrite(new Gpa(Code), CodeOf(kind), out _);
            if (kind == ProbeGuestKind.RealMode)
                EnterRealMode(vcpu);
            else
                EnterLongMode(backend, machine, vcpu);
            vcpu.SetRegs(new KvmRegs { Rip = Code, Rflags = 2 });
            using var patience = new Timer(_ => vcpu.Kick(), null, _patience, Timeout.InfiniteTimeSpan);
            VcpuExit exit = vcpu.Run();
            if (exit.Reason == VcpuExitReason.Intr)
                return $"the guest did not come to its end within {_patience.TotalSeconds} s";
            if (exit.Reason != VcpuExitReason.Hlt)
                return $"the guest ended with {exit.ToString()}";
            uint sum = machine.Memory.Read<uint>(new Gpa(Sum));
            return sum == Count * (Count + 1) / 2 ? null : $"the guest adds up to {sum}";
        }
        catch (KvmException exception)
        {
            return exception.Message;
        }
    }

    static byte[] CodeOf(ProbeGuestKind kind) => kind switch
    {
        ProbeGuestKind.RealMode => [.. _realModeCode, Hlt],
        ProbeGuestKind.LongMode => [.. _longModeCode, Hlt],
        _ => [.. _longModeCode, .. _sseCode, Hlt],
    };

    static void EnterRealMode(HardwareVcpu vcpu)
    {
        vcpu.GetSregs(out KvmSregs sregs);
        sregs.Cs.Base = 0;
        sregs.Cs.Selector = 0;
        vcpu.SetSregs(sregs);
    }

    static void EnterLongMode(HardwareBackend backend, HardwareMachine machine, HardwareVcpu vcpu)
    {
        machine.Memory.Write(new Gpa(Pml4), Pdpt | PresentWritable);
        machine.Memory.Write(new Gpa(Pdpt), PageDirectory | PresentWritable);
        machine.Memory.Write(new Gpa(PageDirectory), LargePage | PresentWritable);
        vcpu.SetCpuid(backend.GetSupportedCpuid());
        vcpu.GetSregs(out KvmSregs sregs);
        sregs.Cr3 = Pml4;
        sregs.Cr4 = Cr4PaeSse;
        sregs.Cr0 = Cr0ProtectedPaged;
        sregs.Efer = EferLongMode;
        var data = new KvmSegment { Limit = uint.MaxValue, Selector = 0x10, Type = 3, Present = 1, S = 1, Db = 1, G = 1 };
        sregs.Cs = new KvmSegment { Limit = uint.MaxValue, Selector = 8, Type = 11, Present = 1, S = 1, L = 1, G = 1 };
        sregs.Ds = sregs.Es = sregs.Fs = sregs.Gs = sregs.Ss = data;
        vcpu.SetSregs(sregs);
    }
}
