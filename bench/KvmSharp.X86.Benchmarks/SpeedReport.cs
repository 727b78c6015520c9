using System;
using System.Diagnostics;
using System.Globalization;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Benchmarks;

/// <summary>Guest instructions a second, by kind of loop. The best of a few rounds.</summary>
/// <remarks>
/// By the clock, and by the time that the process had a processor: on a busy host believe the latter.
/// </remarks>
static class SpeedReport
{
    const int Rounds = 5;
    const int Iterations = 2_000_000;

    internal static void Print()
    {
        Console.WriteLine($"{"loop",-34}{"Minstr/s",10}{"by CPU time",13}");
        Report("registers", Registers);
        Report("flags and branches", Branches);
        Report("products and quotients", Quotients);
        Report("loads and stores", Memory);
        Report("stores, another page each", Pages);
        Report("calls and returns", Calls);
        Report("string moves, 64 bytes each", Strings);
        Report("SSE2, products and sums", Products);
        Report("SSE2, loads and stores", Vectors);
        Report("SSE2, comparisons and conversions", Scalars);
        Report("x87, products and sums", X87);
    }

    static void Report(string name, Action<Assembler> body)
    {
        (double speed, double byTime) = Measure(body);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-34}{speed,10:f1}{byTime,13:f1}"));
    }

    static (double ByClock, double ByCpuTime) Measure(Action<Assembler> body)
    {
        using var machine = new LoopMachine(body, vcpus: 1);
        double best = 0;
        double bestByTime = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long before = machine.Instructions;
            TimeSpan used = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            machine.Run(Iterations);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double usedSeconds = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
            double millions = (machine.Instructions - before) / 1e6;
            best = Math.Max(best, millions / seconds);
            bestByTime = Math.Max(bestByTime, millions / usedSeconds);
        }
        return (best, bestByTime);
    }

    // The round of a hash: what sha256 is made of.
    internal static void Registers(Assembler assembler)
    {
        assembler.mov(eax, edx);
        assembler.ror(eax, 6);
        assembler.mov(ebx, edx);
        assembler.ror(ebx, 11);
        assembler.xor(eax, ebx);
        assembler.mov(ebx, esi);
        assembler.and(ebx, edx);
        assembler.add(eax, ebx);
        assembler.lea(edx, __[rax + rsi + 0x5A827999]);
        assembler.add(esi, eax);
    }

    static void Branches(Assembler assembler)
    {
        Label small = assembler.CreateLabel();
        Label even = assembler.CreateLabel();
        assembler.cmp(eax, edx);
        assembler.jb(small);
        assembler.sub(eax, edx);
        assembler.Label(ref small);
        assembler.add(eax, 7919);
        assembler.test(eax, 1);
        assembler.je(even);
        assembler.inc(esi);
        assembler.Label(ref even);
        assembler.nop();
    }

    // A random number, and a place in a table for it.
    static void Quotients(Assembler assembler)
    {
        assembler.imul(esi, esi, 1103515245);
        assembler.add(esi, 12345);
        assembler.mov(eax, esi);
        assembler.bswap(eax);
        assembler.cdq();
        assembler.mov(ebx, 1000);
        assembler.idiv(ebx);
    }

    internal static void Memory(Assembler assembler)
    {
        assembler.mov(rax, __[r8]);
        assembler.add(rax, __[r8 + 8]);
        assembler.mov(__[r8 + 16], rax);
        assembler.add(__dword_ptr[r8 + 32], 1);
        assembler.movzx(edx, __byte_ptr[r8 + 40]);
        assembler.mov(__[r8 + rdx * 4 + 64], edx);
    }

    // More pages than any TLB here has entries.
    static void Pages(Assembler assembler)
    {
        const int Bytes = 8 << 20;
        assembler.mov(__[r8 + rsi], rax);
        assembler.add(rsi, 4096);
        assembler.and(rsi, Bytes - 1);
    }

    static void Calls(Assembler assembler)
    {
        Label function = assembler.CreateLabel();
        Label over = assembler.CreateLabel();
        assembler.call(function);
        assembler.jmp(over);
        assembler.Label(ref function);
        assembler.push(rbx);
        assembler.mov(rbx, rax);
        assembler.pop(rbx);
        assembler.ret();
        assembler.Label(ref over);
        assembler.nop();
    }

    static void Strings(Assembler assembler)
    {
        assembler.mov(rdx, rcx);
        assembler.mov(ecx, 8);
        assembler.mov(rsi, r8);
        assembler.lea(rdi, __[r8 + 512]);
        assembler.rep.movsq();
        assembler.mov(rcx, rdx);
    }

    // Numbers that stay where they are, so that no round is special: 1 × 0.5 + 0.5.
    static void Products(Assembler assembler)
    {
        assembler.mulpd(xmm0, xmm1);
        assembler.addpd(xmm0, xmm1);
        assembler.mulpd(xmm2, xmm1);
        assembler.addpd(xmm2, xmm1);
        assembler.mulsd(xmm3, xmm1);
        assembler.addsd(xmm3, xmm1);
    }

    static void Vectors(Assembler assembler)
    {
        assembler.movupd(xmm4, __xmmword_ptr[r8]);
        assembler.addpd(xmm4, __xmmword_ptr[r8 + 16]);
        assembler.movapd(__xmmword_ptr[r8 + 32], xmm4);
        assembler.movsd(xmm5, __qword_ptr[r8 + 8]);
        assembler.unpcklpd(xmm5, xmm5);
        assembler.movupd(__xmmword_ptr[r8 + 48], xmm5);
    }

    // Between floating point and integers, as compilers go.
    static void Scalars(Assembler assembler)
    {
        Label less = assembler.CreateLabel();
        assembler.cvtsi2sd(xmm1, eax);
        assembler.comisd(xmm1, xmm2);
        assembler.jb(less);
        assembler.addsd(xmm1, xmm1);
        assembler.Label(ref less);
        assembler.cvttsd2si(edx, xmm1);
        assembler.movq(rbx, xmm1);
        assembler.movd(xmm2, esi);
        assembler.add(eax, 3);
        assembler.and(eax, 0xFFFF);
    }

    static void X87(Assembler assembler)
    {
        assembler.fld1();
        assembler.fmul(__qword_ptr[r8 + LoopMachine.Half]);
        assembler.fadd(__qword_ptr[r8 + LoopMachine.Half]);
        assembler.fstp(__qword_ptr[r8 + 40]);
    }
}
