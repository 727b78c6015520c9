using Xunit;

namespace KvmSharp.Cli.Tests;

public class HelpTests
{
    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData("-h")]
    public void The_program_introduces_itself(string commandLine)
    {
        CommandRun run = CommandRun.Of(commandLine);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("kvmsharp <command> [options]", run.Out);
        Assert.Contains("perf", run.Out);
        Assert.Empty(run.Error);
    }

    [Theory]
    [InlineData("--test LIST")]
    [InlineData("--slots LIST")]
    [InlineData("--store LIST")]
    [InlineData("--baseline STORE")]
    [InlineData("--seconds S")]
    [InlineData("--runs R")]
    [InlineData("--verify ")]
    [InlineData("--json FILE")]
    [InlineData("-h, --help")]
    [InlineData("10,30,50,100,509,8194,32764")]
    [InlineData("twin-trees, slot-trie")]
    public void Help_on_perf_names_every_option_and_its_default(string part) =>
        Assert.Contains(part, CommandRun.Of("perf --help").Out);

    [Fact]
    public void Help_wins_over_a_wrong_option()
    {
        CommandRun run = CommandRun.Of("perf --seconds 0 --nonsense --help");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void No_line_of_help_is_wider_than_the_page()
    {
        foreach (string line in CommandRun.Of("perf --help").Out.Split('\n'))
            Assert.InRange(line.Length, 0, 100);
    }

    [Fact]
    public void The_version_is_one_line()
    {
        CommandRun run = CommandRun.Of("--version");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Matches(@"\Akvmsharp \d+\.\d+\.\d+\n\z", run.Out);
    }
}
