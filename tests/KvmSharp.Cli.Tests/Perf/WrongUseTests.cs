using Xunit;

namespace KvmSharp.Cli.Tests.Perf;

public class WrongUseTests
{
    const string Stores = "fixed-array, growable-array, sorted-array, copied-list, twin-trees, slot-trie";

    [Theory]
    [InlineData("pref", "kvmsharp: unexpected argument \"pref\"")]
    [InlineData("--nonsense", "kvmsharp: there is no option --nonsense")]
    [InlineData("perf --nonsense", "kvmsharp perf: there is no option --nonsense")]
    [InlineData("perf more", "kvmsharp perf: unexpected argument \"more\"")]
    [InlineData("perf @file", "kvmsharp perf: unexpected argument \"@file\"")]
    [InlineData("perf --test", "kvmsharp perf: required argument missing for option: '--test'")]
    [InlineData(
        "perf --test map,mop",
        "kvmsharp perf: unknown test \"mop\"; known are map, unmap, unmap-chunked, move-active, move-inactive, rw, setup")]
    [InlineData("perf --test map,,rw", "kvmsharp perf: --test \"map,,rw\" has an empty entry")]
    [InlineData("perf --store list", "kvmsharp perf: unknown store \"list\"; known are " + Stores)]
    [InlineData("perf --baseline list", "kvmsharp perf: unknown store \"list\"; known are " + Stores)]
    [InlineData(
        "perf --store slot-trie --baseline twin-trees",
        "kvmsharp perf: the baseline \"twin-trees\" is not among the stores of --store")]
    [InlineData("perf --store growable-array:0", "kvmsharp perf: --store \"0\" is not a number from 1 to 32764")]
    [InlineData("perf --store fixed-array:", "kvmsharp perf: --store \"\" is not a number from 1 to 32764")]
    [InlineData("perf --store slot-trie:9", "kvmsharp perf: unknown store \"slot-trie:9\"; known are " + Stores)]
    [InlineData("perf --slots 1", "kvmsharp perf: --slots \"1\" is not a number from 2 to 32764")]
    [InlineData("perf --slots 10,32765", "kvmsharp perf: --slots \"32765\" is not a number from 2 to 32764")]
    [InlineData("perf --slots -5", "kvmsharp perf: --slots \"-5\" is not a number from 2 to 32764")]
    [InlineData("perf --slots ten", "kvmsharp perf: --slots \"ten\" is not a number from 2 to 32764")]
    [InlineData("perf --seconds 0", "kvmsharp perf: --seconds \"0\" is not a number above 0 and up to 3600")]
    [InlineData("perf --seconds -1", "kvmsharp perf: --seconds \"-1\" is not a number above 0 and up to 3600")]
    [InlineData("perf --seconds NaN", "kvmsharp perf: --seconds \"NaN\" is not a number above 0 and up to 3600")]
    [InlineData("perf --backend hard", "kvmsharp perf: unknown backend \"hard\"; known are soft, kvm, both")]
    [InlineData(
        "perf --backend both --guest x86", "kvmsharp perf: --test, --store, --baseline, --guest and --verify go with --backend soft")]
    [InlineData("perf --guest arm", "kvmsharp perf: unknown guest \"arm\"; known are view, x86")]
    [InlineData("perf --guest x86 --test dirty-log", "kvmsharp perf: --guest has no meaning with these tests")]
    [InlineData(
        "perf --backend both --test map", "kvmsharp perf: --test, --store, --baseline, --guest and --verify go with --backend soft")]
    [InlineData("perf --runs 0", "kvmsharp perf: --runs \"0\" is not a number from 1")]
    [InlineData("perf --runs 1.5", "kvmsharp perf: --runs \"1.5\" is not a number from 1")]
    public void Wrong_use_is_answered_with_one_line(string commandLine, string message)
    {
        CommandRun run = CommandRun.Of(commandLine);

        Assert.Equal((ExitCode.WrongUse, "", message + '\n'), (run.ExitCode, run.Out, run.Error));
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_found_before_anything_is_measured()
    {
        CommandRun run = CommandRun.Of("perf --json /no/such/folder/results.json");

        Assert.Equal((ExitCode.WrongUse, ""), (run.ExitCode, run.Out));
        Assert.Matches("\\Akvmsharp perf: cannot write \"/no/such/folder/results.json\": .*\n\\z", run.Error);
    }
}
