using System;
using System.Linq;
using System.Security.Cryptography;
using Iced.Intel;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.X86.Operations;
using KvmSharp.X86.Tests.Guests;
using KvmSharp.X86.Tests.Oracle;
using KvmSharp.X86.Translated;
using Xunit;
using Xunit.Abstractions;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Translated;

/// <summary>A translated block does what its operations do one by one.</summary>
public sealed class TranslationTests(ITestOutputHelper output)
{
    const int StatesOfABlock = 12;
    const int DataBytes = 2048;
    const int StackBytes = 2048;
    const ulong ArithmeticFlags = 0x8D5;
    const ulong Nowhere = 0x7000_0000_0000;

    /// <summary>Blocks instead of as many as CI's time allows.</summary>
    const string BlocksVariable = "KVMSHARP_TRANSLATED_BLOCKS";
    const int BlocksInCI = 250;

    /// <summary>Loops instead of as many as CI's time allows.</summary>
    const string LoopsVariable = "KVMSHARP_TRANSLATED_LOOPS";
    const int LoopsInCI = 80;
    const int StatesOfALoop = 8;
    const int MaxRounds = 60;

    // Some rounds first, so that ways through the loop are known; of a loop that faults at once there is no translation.
    const int InstructionsBefore = 100;

    readonly byte[] _data = new byte[DataBytes];

    [Fact]
    public void Random_blocks_do_the_same_translated()
    {
        var random = new RandomSource(RandomSource.ChooseSeed());
        output.WriteLine($"seed {random.Seed:x}");
        int blocks = int.TryParse(Environment.GetEnvironmentVariable(BlocksVariable), out int asked) ? asked : BlocksInCI;
        using Guest interpreting = NewGuest(translatesAfter: int.MaxValue);
        using Guest translating = NewGuest(translatesAfter: 0);
        var block = new RandomBlock(random);
        int faults = 0;
        for (int number = 0; number < blocks; number++)
        {
            // A place of its own for each, so that none is taken for the one before.
            ulong at = Guest.Code + ((ulong)(number % 64) * 1024);
            byte[] code = block.Make(at, 1 + random.Below(60));
            interpreting.Write(at, code);
            translating.Write(at, code);
            for (int state = 0; state < StatesOfABlock; state++)
            {
                foreach (ref byte value in _data.AsSpan())
                    value = (byte)random.Next();
                KvmRegs regs = Draw(random, at);
                string expected = Run(interpreting, regs, out bool faulted);
                string actual = Run(translating, regs, out _);
                Assert.True(
                    expected == actual,
                    $"block {number}, state {state}: {Convert.ToHexString(code)}\ninterpreted {expected}\ntranslated  {actual}");
                if (faulted)
                    faults++;
            }
        }
        output.WriteLine($"{translating.Vcpu.Statistics.BlocksTranslated} blocks translated, {faults} faults");
        Assert.Equal(0, interpreting.Vcpu.Statistics.BlocksTranslated);
        Assert.True(translating.Vcpu.Statistics.BlocksTranslated > blocks / 2, "hardly anything was translated");
        Assert.True(faults > blocks / 10, "hardly anything faulted");
    }

    [Fact]
    public void Random_loops_do_the_same_translated()
    {
        var random = new RandomSource(RandomSource.ChooseSeed());
        output.WriteLine($"seed {random.Seed:x}");
        int loops = int.TryParse(Environment.GetEnvironmentVariable(LoopsVariable), out int asked) ? asked : LoopsInCI;
        using Guest interpreting = NewGuest(translatesAfter: int.MaxValue);
        using Guest translating = NewGuest(translatesAfter: InstructionsBefore);
        var loop = new RandomLoop(random);
        long instructions = 0;
        for (int number = 0; number < loops; number++)
        {
            ulong at = Guest.Code + ((ulong)(number % 64) * 1024);
            byte[] code = loop.Make(at, 1 + random.Below(7));
            interpreting.Write(at, code);
            translating.Write(at, code);
            for (int state = 0; state < StatesOfALoop; state++)
            {
                foreach (ref byte value in _data.AsSpan())
                    value = (byte)random.Next();
                BitConverter.TryWriteBytes(_data.AsSpan(RandomLoop.CountOffset), 1 + random.Below(MaxRounds));
                KvmRegs regs = Draw(random, at);
                string expected = Run(interpreting, regs, out _);
                string actual = Run(translating, regs, out _);
                Assert.True(
                    expected == actual,
                    $"loop {number}, state {state}: {Convert.ToHexString(code)}\ninterpreted {expected}\ntranslated  {actual}");
                instructions = interpreting.Vcpu.Statistics.Instructions;
                Assert.Equal(instructions, translating.Vcpu.Statistics.Instructions);
            }
        }
        long blocks = translating.Vcpu.Statistics.BlocksTranslated;
        long regions = translating.Vcpu.Cpu.RegionsTranslated;
        output.WriteLine($"{blocks} blocks translated in {regions} regions, {instructions} instructions");
        Assert.True(regions > loops / 4, "hardly anything was translated");
        Assert.True(blocks > regions * 3 / 2, "hardly any region has more than one block");
    }

    [Fact]
    public void Flags_are_seen_unless_all_are_replaced_before_anybody_looks()
    {
        using Guest guest = Guest.Long();
        guest.Assemble(code =>
        {
            code.add(eax, ebx);              // replaced by the XOR
            code.inc(ecx);                   // keeps CF, which the XOR replaces
            code.mov(edx, eax);
            code.xor(eax, edx);              // seen by the load, should it fault
            code.mov(esi, __dword_ptr[r8]);
            code.sub(eax, esi);              // read by ADC
            code.adc(eax, edx);              // replaced
            code.cmp(eax, edx);              // seen by what follows the block
            code.hlt();
        });
        Operation[] body = guest.Vcpu.Cpu.FindNext()!.Body;

        Assert.Equal([false, false, false, true, false, true, false, true], RegionTranslator.FindSeenFlags(body));
    }

    [Fact]
    public void A_translated_block_that_is_written_over_is_gone()
    {
        using Guest guest = NewGuest(translatesAfter: 0);
        guest.Assemble(code =>
        {
            code.mov(eax, 1);
            code.hlt();
        });
        Assert.Equal(1UL, guest.RunToHalt().Rax);
        guest.SetRegs(regs => regs with { Rip = Guest.Code });
        Assert.Equal(1UL, guest.RunToHalt().Rax);

        guest.Write(Guest.Code + 1, (byte)2);
        guest.SetRegs(regs => regs with { Rip = Guest.Code });

        Assert.Equal(2UL, guest.RunToHalt().Rax);
        Assert.Equal(2, guest.Vcpu.Statistics.BlocksTranslated);
    }

    [Fact]
    public void A_translated_block_stops_where_it_writes_over_itself()
    {
        using Guest guest = NewGuest(translatesAfter: 0);
        ulong patched = 0;
        ulong end = guest.Assemble(code =>
        {
            Label constant = code.CreateLabel();
            code.mov(__byte_ptr[r8], cl);
            code.mov(edx, edx);
            code.Label(ref constant);
            code.mov(eax, 0x11);
            code.hlt();
        });
        patched = end - 5;
        for (ulong value = 0x21; value < 0x24; value++)
        {
            guest.SetRegs(regs => regs with { Rip = Guest.Code, R8 = patched, Rcx = value });
            Assert.Equal(value, guest.RunToHalt().Rax);
        }
    }

    [Fact]
    public void A_translated_loop_stops_where_it_writes_over_itself()
    {
        const ulong Rounds = 1000;
        const ulong Turn = 400;
        using Guest guest = NewGuest(translatesAfter: 100);
        ulong end = guest.Assemble(code =>
        {
            Label again = code.CreateLabel();
            Label over = code.CreateLabel();
            code.Label(ref again);
            // Each round stores one byte: once into the code, before that and afterwards beside it.
            code.mov(rdi, r9);
            code.cmp(rcx, (int)Turn);
            code.cmove(rdi, r8);
            code.mov(__byte_ptr[rdi], bl);
            code.jmp(over);
            code.Label(ref over);
            code.mov(eax, 0x11);
            code.add(rdx, rax);
            code.dec(rcx);
            code.jne(again);
            code.hlt();
        });
        // Its four bytes, and the nine of what follows.
        ulong constant = end - 13;
        guest.SetRegs(regs => regs with
        {
            Rip = Guest.Code,
            Rcx = Rounds,
            Rdx = 0,
            Rbx = 0x22,
            R8 = constant,
            R9 = Guest.Data,
        });

        ulong sum = guest.RunToHalt().Rdx;

        Assert.True(guest.Vcpu.Cpu.RegionsTranslated > 1, "nothing was translated, or not anew");
        Assert.Equal((0x11 * (Rounds - Turn)) + (0x22 * Turn), sum);
    }

    [Fact]
    public void A_translated_loop_looks_for_requests_on_its_way_back()
    {
        const long InstructionsOfARound = 2;
        using Guest guest = NewGuest(translatesAfter: 10);
        guest.Assemble(code =>
        {
            Label again = code.CreateLabel();
            code.Label(ref again);
            code.inc(rax);
            code.jmp(again);
        });
        for (long budget = 1000; budget <= 3000; budget += 1000)
        {
            guest.Vcpu.Cpu.Budget = budget;
            guest.Run();
            Assert.Equal(budget, guest.Vcpu.Statistics.Instructions);
            Assert.Equal((ulong)(budget / InstructionsOfARound), guest.Regs.Rax);
        }
        Assert.Equal(1, guest.Vcpu.Cpu.RegionsTranslated);
    }

    static Guest NewGuest(int translatesAfter)
    {
        Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Vcpu.Cpu.InstructionsBeforeTranslation = translatesAfter;
        return guest;
    }

    static KvmRegs Draw(RandomSource random, ulong rip) => new()
    {
        Rip = rip,
        Rsp = Guest.Stack,
        Rflags = (random.Next() & ArithmeticFlags) | 2,
        Rax = random.Next(),
        Rbx = random.Next(),
        Rcx = random.Next(),
        Rdx = random.Next(),
        Rsi = random.Next(),
        Rdi = random.Next(),
        Rbp = random.Next(),
        R8 = Guest.Data,
        R9 = random.Next() & 63,
        R10 = random.OneIn(2) ? Nowhere : Guest.Data + 1024,
        R11 = random.Next(),
        R12 = random.Next(),
        R13 = random.Next(),
        R14 = random.Next(),
        R15 = random.Next(),
    };

    // All that is left, in text: registers, and memory of data and stack.
    string Run(Guest guest, KvmRegs regs, out bool faulted)
    {
        byte[] stack = new byte[StackBytes];
        guest.Write(Guest.Data, _data);
        guest.Write(Guest.Stack - (StackBytes / 2), stack);
        guest.Regs = regs;
        KvmRegs after = guest.RunToHalt();
        faulted = after.Rip >= Guest.Handlers;
        byte[] data = new byte[DataBytes];
        guest.Memory.TryRead(new Gpa(Guest.Data), data, out _);
        guest.Memory.TryRead(new Gpa(Guest.Stack - (StackBytes / 2)), stack, out _);
        ReadOnlySpan<ulong> values =
        [
            after.Rip, after.Rflags, after.Rsp, after.Rax, after.Rbx, after.Rcx, after.Rdx, after.Rsi, after.Rdi, after.Rbp,
            after.R8, after.R9, after.R10, after.R11, after.R12, after.R13, after.R14, after.R15,
        ];
        string text = string.Join(' ', values.ToArray().Select(value => $"{value:x}"));
        return $"{text} {Convert.ToHexString(SHA256.HashData(data))} {Convert.ToHexString(SHA256.HashData(stack))}";
    }
}
