using Iced.Intel;
using KvmSharp.X86.Translated;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>Short random sequences: our CPU does what the host's does, and a difference would be found.</summary>
public sealed class SequenceTests(ITestOutputHelper output)
{
    [Fact]
    public void Sequences_do_what_the_hosts_do()
    {
        const int Sequences = 12_000;
        if (Open() is not { } oracle)
            return;
        ulong seed = RandomSource.ChooseSeed();
        output.WriteLine($"seed {seed:x}");
        using SequenceRun run = new(seed, oracle);
        run.Run(Sequences);
        output.WriteLine($"{run.Sequences} sequences, {run.Cases} cases, {run.Faults} faults");
        Assert.True(run.Differences.Count == 0, string.Join('\n', run.Differences));
        Assert.InRange(run.Faults, 0, run.Cases / 2);
    }

    // The other way of executing: most of the time goes into the host's compiler, so these are few.
    [Fact]
    public void Translated_sequences_do_what_the_hosts_do()
    {
        const int Sequences = 400;
        if (Open() is not { } oracle)
            return;
        ulong seed = RandomSource.ChooseSeed();
        output.WriteLine($"seed {seed:x}");
        using SequenceRun run = new(seed, oracle, translates: true);
        run.Run(Sequences);
        output.WriteLine($"{run.Sequences} sequences, {run.Cases} cases, {run.BlocksTranslated} blocks translated");
        Assert.True(run.Differences.Count == 0, string.Join('\n', run.Differences));
        Assert.InRange(run.BlocksTranslated, RegionTranslator.IsSupported ? Sequences : 0, long.MaxValue);
    }

    // A CPU that takes CMC for NOP, in sequences that have something else to do as well.
    [Fact]
    public void A_difference_is_found_and_cut_down_to_what_makes_it()
    {
        const int EnoughToMeetIt = 20_000;
        if (Open() is not { } oracle)
            return;
        using SequenceRun run = new(RandomSource.ChooseSeed(), oracle)
        {
            Blunder = static instruction => instruction.Code == Code.Cmc ? Instruction.Create(Code.Nopd) : instruction,
        };
        run.Run(EnoughToMeetIt);
        output.WriteLine(string.Join('\n', run.Differences));
        Assert.NotEmpty(run.Differences);
        Assert.All(run.Differences, text =>
        {
            Assert.Contains(" 1 of its ", text, System.StringComparison.Ordinal);
            Assert.Contains("f5 ", text, System.StringComparison.Ordinal);
            Assert.Contains("rflags: ", text, System.StringComparison.Ordinal);
        });
    }

    // MUL leaves ZF open: what reads it behind a MUL has no one right result, unless CMP stands between.
    [Fact]
    public void A_flag_that_is_undefined_may_not_be_read()
    {
        SequenceStep mul = new([Instruction.Create(Code.Mul_rm64, Register.RBX)]);
        SequenceStep compare = new([Instruction.Create(Code.Cmp_r64_rm64, Register.RAX, Register.RBX)]);
        SequenceStep skip = new([Instruction.CreateBranch(Code.Jb_rel8_64, 0)], target: 3);
        foreach (Instruction reader in new[]
        {
            Instruction.Create(Code.Sete_rm8, Register.CL), Instruction.Create(Code.Pushfq), Instruction.Create(Code.Lahf),
        })
        {
            SequenceStep read = new([reader]);
            Assert.False(FlagFlow.TryFollow([mul, read], out _));
            Assert.True(FlagFlow.TryFollow([mul, compare, read], out _));
            Assert.False(FlagFlow.TryFollow([mul, skip, compare, read], out _));
        }
        Assert.True(FlagFlow.TryFollow([mul, new([Instruction.Create(Code.Setb_rm8, Register.CL)])], out FlagFlow flow));
        Assert.Equal(UndefinedFlags.Zero | UndefinedFlags.Sign | UndefinedFlags.Adjust | UndefinedFlags.Parity, flow.AtEnd);
    }

    HardwareOracle? Open()
    {
        HardwareOracle? oracle = HardwareOracle.TryOpen(out string obstacle);
        if (oracle is null)
            output.WriteLine($"skipped: {obstacle}");
        return oracle;
    }
}
