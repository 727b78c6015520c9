using System;
using System.Threading;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.Vcpus;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Smp;

/// <summary>Locked instructions of two vCPUs on the same memory: no update is lost.</summary>
public sealed class AtomicTests
{
    const int Rounds = 5000;
    const int Vcpus = 2;

    [Theory]
    [InlineData(Guest.Data)]
    [InlineData(Guest.Data + 3)]
    [InlineData(Guest.Data + 0x1000 - 4)]
    public void Locked_additions_add_up_wherever_they_lie(ulong address) => AssertCount(
        address,
        static assembler => assembler.@lock.inc(__qword_ptr[rbx]),
        guest => guest.Read<ulong>(address));

    [Fact]
    public void Exchanges_of_a_lock_exclude_each_other() => AssertCount(
        Guest.Data,
        static assembler =>
        {
            Label wait = assembler.CreateLabel();
            Label taken = assembler.CreateLabel();
            assembler.Label(ref wait);
            assembler.mov(eax, 1);
            assembler.xchg(__dword_ptr[rbx], eax);
            assembler.test(eax, eax);
            assembler.je(taken);
            assembler.pause();
            assembler.jmp(wait);
            assembler.Label(ref taken);
            assembler.inc(__qword_ptr[rbx + 64]);
            assembler.mov(__dword_ptr[rbx], 0);
        },
        static guest => guest.Read<ulong>(Guest.Data + 64));

    [Fact]
    public void Sixteen_bytes_are_compared_and_exchanged_as_one() => AssertCount(
        Guest.Data,
        static assembler =>
        {
            Label again = assembler.CreateLabel();
            assembler.mov(rsi, rbx);
            assembler.mov(rdi, rcx);
            assembler.mov(rax, __[rsi]);
            assembler.mov(rdx, __[rsi + 8]);
            assembler.Label(ref again);
            assembler.mov(rbx, rax);
            assembler.mov(rcx, rdx);
            assembler.inc(rbx);
            assembler.dec(rcx);
            assembler.@lock.cmpxchg16b(__xmmword_ptr[rsi]);
            assembler.jne(again);
            assembler.mov(rbx, rsi);
            assembler.mov(rcx, rdi);
        },
        static guest =>
        {
            Assert.Equal(0UL, guest.Read<ulong>(Guest.Data) + guest.Read<ulong>(Guest.Data + 8));
            return guest.Read<ulong>(Guest.Data);
        },
        rounds: 500);

    static void AssertCount(ulong address, Action<Assembler> round, Func<Guest, ulong> count, int rounds = Rounds)
    {
        using Guest guest = Guest.Long();
        guest.Assemble(assembler =>
        {
            Label again = assembler.CreateLabel();
            assembler.Label(ref again);
            assembler.nop();
            round(assembler);
            assembler.dec(rcx);
            assembler.jne(again);
            assembler.hlt();
        });
        SoftwareVcpu[] vcpus = [guest.Vcpu, guest.Machine.CreateVcpu(new VcpuId(1))];
        vcpus[1].SetSregs(guest.Sregs);
        var reasons = new VcpuExitReason[Vcpus];
        var threads = new Thread[Vcpus];
        for (int index = 0; index < Vcpus; index++)
        {
            int own = index;
            vcpus[own].SetRegs(new KvmRegs
            {
                Rip = Guest.Code,
                Rsp = Guest.Stack - ((ulong)own * 0x800),
                Rflags = 2,
                Rbx = address,
                Rcx = (ulong)rounds,
            });
            threads[own] = new Thread(() => reasons[own] = vcpus[own].Run().Reason);
        }
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(60_000), "a vCPU did not come to its end");
        Assert.All(reasons, static reason => Assert.Equal(VcpuExitReason.Hlt, reason));
        Assert.Equal((ulong)(Vcpus * rounds), count(guest));
    }
}
