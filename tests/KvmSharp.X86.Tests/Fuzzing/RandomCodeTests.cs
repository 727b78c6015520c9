using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.X86.Events;
using KvmSharp.X86.Tests.Guests;
using KvmSharp.X86.Tests.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Fuzzing;

/// <summary>Random bytes as code in every mode: the guest may do what it likes, the host notices nothing but exits.</summary>
public sealed class RandomCodeTests(ITestOutputHelper output)
{
    const int Guests = 200;
    const int RunsPerGuest = 400;
    const long InstructionsPerRun = 500;

    static readonly TimeSpan _longestRun = TimeSpan.FromMilliseconds(100);

    /// <summary>More than CI's time allows: a factor in the environment.</summary>
    const string FactorVariable = "KVMSHARP_FUZZ_FACTOR";

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void Random_code_never_reaches_the_host(int bits)
    {
        int factor = int.TryParse(Environment.GetEnvironmentVariable(FactorVariable), out int asked) ? asked : 1;
        var random = new RandomSource(RandomSource.ChooseSeed());
        output.WriteLine($"seed {random.Seed:x}");
        long instructions = 0;
        long exits = 0;
        for (int number = 0; number < (bits == 16 ? Guests / 8 : Guests) * factor; number++)
        {
            using Guest guest = bits switch
            {
                16 => Guest.Real(),
                32 => Guest.Protected(),
                _ => Guest.Long(),
            };
            guest.HaltOnExceptions();
            if (number % 3 != 0 && bits != 16)
                guest.EnterUser();
            if (bits == 64)
                ProtectTables(guest);
            // A repeated string instruction counts once, and random code may repeat one four thousand million times.
            SoftwareVcpu vcpu = guest.Vcpu;
            using var patience = new Timer(_ => vcpu.Kick(), null, _longestRun, _longestRun);
            KvmSregs start = guest.Sregs;
            Fill(guest, random);
            for (int run = 0; run < RunsPerGuest; run++)
            {
                guest.Vcpu.Cpu.Budget = guest.Vcpu.Statistics.Instructions + InstructionsPerRun;
                VcpuExit exit = guest.Vcpu.Run();
                exits++;
                foreach (ref byte answer in exit.Data)
                    answer = (byte)random.Next();
                if (exit.Reason is VcpuExitReason.Shutdown or VcpuExitReason.InternalError)
                    break;
                // Somewhere else: what was random is now known to loop, to halt or to fault.
                if (guest.Vcpu.Cpu.Exit is not ExitKind.Device)
                {
                    guest.Sregs = start;
                    Scatter(guest, random);
                }
            }
            instructions += guest.Vcpu.Statistics.Instructions;
        }
        output.WriteLine($"{instructions} instructions, {exits} exits");
        Assert.True(instructions > exits / 2, "nearly everything faulted at once");
    }

    // From users; the supervisor's random code may ruin itself.
    static void ProtectTables(Guest guest)
    {
        const ulong Flags = PageTables.Present | PageTables.Writable;
        foreach (ulong page in new[] { Guest.Gdt, Guest.Idt, Guest.Task, Guest.Handlers, Guest.KernelStack - Page.Size })
            guest.Tables.Map(page, page, Flags);
        for (ulong page = PageTables.Root; page < PageTables.Root + (64 * Page.Size); page += Page.Size)
            guest.Tables.Map(page, page, Flags);
    }

    static void Fill(Guest guest, RandomSource random)
    {
        Span<byte> code = stackalloc byte[Page.Size];
        for (ulong at = Guest.Code; at < Guest.Code + (4 * Page.Size); at += Page.Size)
        {
            foreach (ref byte value in code)
                value = (byte)random.Next();
            guest.Memory.TryWrite(new Gpa(at), code, out _);
        }
        Scatter(guest, random);
    }

    static void Scatter(Guest guest, RandomSource random)
    {
        ulong Pointer() => (random.Next() & 7) switch
        {
            0 => random.Next(),
            1 => Guest.Code + (random.Next() & 0x3FFF),
            _ => Guest.Data + (random.Next() & 0xFFFF),
        };
        guest.SetRegs(regs => regs with
        {
            Rip = Guest.Code + (random.Next() & 0x3FFF),
            Rax = random.Next(),
            Rcx = random.Next() & 0xFF,
            Rdx = random.Next() & 0xFFFF,
            Rbx = Pointer(),
            Rsi = Pointer(),
            Rdi = Pointer(),
            Rbp = Pointer(),
            Rsp = Guest.Data + (random.Next() & 0xFFF8),
            Rflags = (random.Next() & 0xCD5) | 2,
        });
    }
}
