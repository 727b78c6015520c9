using System;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Devices;

/// <summary>Once its code is decoded, a guest costs the collector nothing: neither by instructions nor by exits.</summary>
public sealed class AllocationTests
{
    const ulong Device = 0x5000_0000;
    const int Iterations = 1000;

    static readonly (string Name, Action<Assembler> Body)[] _loops =
    [
        ("integers and branches", static code =>
        {
            Label over = code.CreateLabel();
            code.imul(rax, rcx);
            code.test(al, 1);
            code.je(over);
            code.push(rax);
            code.pop(rbx);
            code.Label(ref over);
            code.xchg(__[r8], rbx);
        }),
        ("SSE", static code =>
        {
            code.cvtsi2sd(xmm0, rcx);
            code.mulsd(xmm0, xmm1);
            code.sqrtpd(xmm2, xmm0);
            code.movupd(__xmmword_ptr[r8], xmm2);
            code.pshufb(xmm3, xmm2);
            code.cmpps(xmm3, xmm0, 2);
        }),
        ("x87", static code =>
        {
            code.fld1();
            code.fadd(__qword_ptr[r8]);
            code.fsin();
            code.fstp(__tbyte_ptr[r8 + 16]);
        }),
        ("rare instructions", static code =>
        {
            code.mov(eax, 7);
            code.bswap(eax);
            code.crc32(eax, ecx);
            code.@lock.cmpxchg(__qword_ptr[r8], rbx);
            code.mov(rbx, cr3);
            code.invlpg(__[r8]);
        }),
        ("string moves", static code =>
        {
            code.mov(rdx, rcx);
            code.mov(ecx, 20);
            code.mov(rsi, r8);
            code.lea(rdi, __[r8 + 1024]);
            code.rep.movsb();
            code.mov(rcx, rdx);
        }),
        ("ports", static code =>
        {
            code.@in(al, 0x60);
            code.@out(0x80, eax);
        }),
        ("string ports", static code =>
        {
            code.mov(r9, rcx);
            code.mov(ecx, 30);
            code.mov(edx, 0x1F0);
            code.mov(rdi, r8);
            code.rep.insw();
            code.mov(ecx, 30);
            code.mov(rsi, r8);
            code.rep.outsb();
            code.mov(rcx, r9);
        }),
        ("device memory", static code =>
        {
            code.mov(rax, __[r15]);
            code.mov(__[r15 + 8], eax);
            code.add(__dword_ptr[r15 + 16], 1);
            code.movups(xmm0, __xmmword_ptr[r15]);
        }),
    ];

    public static TheoryData<string> Names => [.. Array.ConvertAll(_loops, loop => loop.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_loop_allocates_nothing(string name)
    {
        Action<Assembler> body = Array.Find(_loops, loop => loop.Name == name).Body;
        using Guest guest = Guest.Long();
        guest.Tables.Map(Device, Device, PageTables.Present | PageTables.Writable);
        KvmSregs sregs = guest.Sregs;
        sregs.Cr4 |= 0x600;
        guest.Sregs = sregs;
        guest.Assemble(code =>
        {
            Label again = code.CreateLabel();
            code.Label(ref again);
            code.nop();
            body(code);
            code.dec(rcx);
            code.jne(again);
            code.hlt();
        });
        Run(guest, iterations: 10, out _);

        int exits = Run(guest, Iterations, out long allocated);

        Assert.True(allocated == 0, $"{allocated} bytes in {Iterations} iterations with {exits} exits");
        Assert.True(exits == 1 || exits > Iterations, $"{exits} exits");
    }

    static int Run(Guest guest, int iterations, out long allocated)
    {
        guest.SetRegs(regs => regs with
        {
            Rip = Guest.Code,
            Rcx = (ulong)iterations,
            R8 = Guest.Data,
            R15 = Device,
        });
        SoftwareVcpu vcpu = guest.Vcpu;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int exits = 1; ; exits++)
        {
            VcpuExit exit = vcpu.Run();
            switch (exit.Reason)
            {
                case VcpuExitReason.Hlt:
                    allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                    return exits;
                case VcpuExitReason.Io or VcpuExitReason.Mmio:
                    break;
                default:
                    Assert.Fail($"{exit.Reason}");
                    break;
            }
        }
    }
}
