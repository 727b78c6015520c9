using System;
using System.IO;
using System.Threading;
using Iced.Intel;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.X86.Events;
using KvmSharp.X86.Tests.Guests;
using KvmSharp.X86.Tests.Oracle;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Fuzzing;

/// <summary>Random bytes as code: the guest may do what it likes, the host notices nothing but exits.</summary>
/// <remarks>
/// An exception's handler goes on one byte behind the instruction that met it, so random code never ends; the runs are cut
/// by the number of instructions.
/// </remarks>
/// <param name="bits">The mode: 16 is real mode, 32 protected mode, 64 long mode; programs are users two times of three.</param>
/// <param name="seed">Decides everything.</param>
sealed class RandomCodeRun(int bits, ulong seed)
{
    const int RunsOfAGuest = 100;
    const int RunsOfACode = 10;
    const long InstructionsOfARun = 2000;

    // One guest of a few translates what it executes more than a handful of times: with the rest, time goes into running.
    const int TranslatesOneGuestIn = 8;
    const long InstructionsBeforeTranslation = 100;
    const ulong HandlerStack = 0x5_0000;
    const ulong HandlerSpace = 32;
    const int Vectors = 32;

    // A repeated string instruction counts once, and random code may repeat one four thousand million times.
    static readonly TimeSpan _longestRun = TimeSpan.FromMilliseconds(20);

    readonly RandomSource _random = new(seed);
    readonly byte[] _skip = AssembleSkip(bits, hasError: false);
    readonly byte[] _skipWithError = AssembleSkip(bits, hasError: true);
    int _guests;

    /// <summary>Instructions executed, those of the handlers apart.</summary>
    internal long Instructions { get; private set; }

    /// <summary>Exceptions that the guests' handlers took.</summary>
    internal long Exceptions { get; private set; }

    /// <summary>Exits to the owner.</summary>
    internal long Exits { get; private set; }

    /// <summary>Blocks that were translated.</summary>
    internal long BlocksTranslated { get; private set; }

    /// <summary>Runs guests until they have executed so many instructions more.</summary>
    /// <exception cref="InvalidOperationException">Host memory beside the guest's was written.</exception>
    internal void Run(long instructions)
    {
        for (long end = Instructions + instructions; Instructions < end;)
            RunGuest(_guests++);
    }

    void RunGuest(int number)
    {
        using Guest guest = bits switch
        {
            16 => Guest.Real(),
            32 => Guest.Protected(),
            _ => Guest.Long(),
        };
        if (number % 3 != 0 && bits != 16)
            guest.EnterUser();
        if (bits == 64)
            ProtectTables(guest);
        SoftwareVcpu vcpu = guest.Vcpu;
        if (number % TranslatesOneGuestIn == 0)
            vcpu.Cpu.InstructionsBeforeTranslation = InstructionsBeforeTranslation;
        using var patience = new Timer(_ => vcpu.Kick(), null, _longestRun, _longestRun);
        KvmSregs start = guest.Sregs;
        for (int run = 0; run < RunsOfAGuest; run++)
        {
            if (run % RunsOfACode == 0)
            {
                RandomBytes.Fill(guest, _random);
                Skip(guest);
            }
            // Somewhere else: what was random is now known to loop or to halt.
            guest.Sregs = start;
            RandomBytes.Scatter(guest, _random);
            vcpu.Cpu.Budget = vcpu.Statistics.Instructions + InstructionsOfARun;
            if (RunToOtherThanDevice(vcpu) is VcpuExitReason.Shutdown or VcpuExitReason.InternalError)
                Skip(guest);
        }

        Exceptions += vcpu.Statistics.Exceptions;
        BlocksTranslated += vcpu.Statistics.BlocksTranslated;
        Instructions += vcpu.Statistics.Instructions - (vcpu.Statistics.Exceptions * (bits == 16 ? 4 : 2));
        if (!guest.HasCleanMargins())
            throw new InvalidOperationException("host memory beside the guest's was written");
    }

    VcpuExitReason RunToOtherThanDevice(SoftwareVcpu vcpu)
    {
        // A repeated access to ports or to a device leaves once an item, without completing an instruction.
        const int MaxAccesses = 50;
        for (int accesses = 0; ; accesses++)
        {
            VcpuExit exit = vcpu.Run();
            Exits++;
            foreach (ref byte answer in exit.Data)
                answer = (byte)_random.Next();
            if (vcpu.Cpu.Exit != ExitKind.Device || accesses == MaxAccesses)
                return exit.Reason;
        }
    }

    // Makes every exception go on a byte further.
    void Skip(Guest guest)
    {
        for (int vector = 0; vector < Vectors; vector++)
        {
            ulong handler = Guest.Handlers + ((ulong)vector * HandlerSpace);
            bool hasError = bits != 16 && vector is 8 or (>= 10 and <= 14) or 17;
            guest.Write(handler, hasError ? _skipWithError : _skip);
            if (bits == 16)
                guest.Write((ulong)vector * 4, (uint)((Guest.Handlers << 12) | ((ulong)vector * HandlerSpace)));
            else
                guest.SetGate(vector, handler, dpl: 3, stackTable: 1);
        }
        if (bits == 64)
            guest.Write(Guest.Task + 0x24, HandlerStack);
    }

    static byte[] AssembleSkip(int bits, bool hasError)
    {
        Assembler assembler = new(bits);
        switch (bits)
        {
            case 16:
                assembler.push(bp);
                assembler.mov(bp, sp);
                assembler.inc(__word_ptr[bp + 2]);
                assembler.pop(bp);
                assembler.iret();
                break;
            case 32:
                if (hasError)
                    assembler.add(esp, 4);
                assembler.inc(__dword_ptr[esp]);
                assembler.iretd();
                break;
            default:
                if (hasError)
                    assembler.add(rsp, 8);
                assembler.inc(__qword_ptr[rsp]);
                assembler.iretq();
                break;
        }
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    // From users; the supervisor's random code may ruin itself.
    static void ProtectTables(Guest guest)
    {
        const ulong Flags = PageTables.Present | PageTables.Writable;
        foreach (ulong page in new[]
            { Guest.Gdt, Guest.Idt, Guest.Task, Guest.Handlers, Guest.KernelStack - Page.Size, HandlerStack - Page.Size })
        {
            guest.Tables.Map(page, page, Flags);
        }
        for (ulong page = PageTables.Root; page < PageTables.Root + (64 * Page.Size); page += Page.Size)
            guest.Tables.Map(page, page, Flags);
    }
}
