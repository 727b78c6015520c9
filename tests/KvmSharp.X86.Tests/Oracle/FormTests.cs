using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>Every form that programs can use, with random operands in registers and in memory: our CPU does what the host's does.</summary>
public sealed class FormTests(ITestOutputHelper output)
{
    [Fact]
    public void Integer_instructions_do_what_the_hosts_do() => Compare(FormSet.Integer);

    [Fact]
    public void X87_instructions_do_what_the_hosts_do() => Compare(FormSet.X87);

    [Fact]
    public void Mmx_instructions_do_what_the_hosts_do() => Compare(FormSet.Mmx);

    [Fact]
    public void Sse_instructions_do_what_the_hosts_do() => Compare(FormSet.Sse);

    void Compare(FormSet set)
    {
        const int StatesOfAForm = 2048;
        if (HardwareOracle.TryOpen(out string obstacle) is not { } oracle)
        {
            output.WriteLine($"skipped: {obstacle}");
            return;
        }
        ulong seed = RandomSource.ChooseSeed();
        output.WriteLine($"seed {seed:x}");
        using DifferentialRun run = new(set, seed, oracle);
        run.Run(StatesOfAForm);
        output.WriteLine($"{run.Forms} forms, {run.Cases} cases");
        Assert.True(run.Differences is null, run.Differences);
    }
}
