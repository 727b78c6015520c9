using KvmSharp.X86.Tests.Oracle;
using KvmSharp.X86.Translated;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Fuzzing;

/// <summary>Random code and random state: never an exception of the host, a hang, or a write outside guest memory.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void Random_code_never_reaches_the_host(int bits)
    {
        const long Instructions = 2_000_000;
        ulong seed = RandomSource.ChooseSeed();
        output.WriteLine($"seed {seed:x}");
        RandomCodeRun run = new(bits, seed);
        run.Run(Instructions);
        output.WriteLine(
            $"{run.Instructions} instructions, {run.Exceptions} exceptions, {run.Exits} exits, "
            + $"{run.BlocksTranslated} blocks translated");
        Assert.InRange(run.BlocksTranslated, RegionTranslator.IsSupported ? 1 : 0, long.MaxValue);
    }

    [Fact]
    public void Random_state_never_reaches_the_host()
    {
        const int States = 4_000;
        ulong seed = RandomSource.ChooseSeed();
        output.WriteLine($"seed {seed:x}");
        RandomStateRun run = new(seed);
        run.Run(States);
        output.WriteLine($"{run.States} states, {run.Refusals} refusals, {run.Instructions} instructions");
        Assert.InRange(run.Refusals, 1, run.States);
    }
}
