using System.IO;
using KvmSharp.Cli.Perf;
using KvmSharp.Lab.Results;
using Xunit;

namespace KvmSharp.Cli.Tests.Perf;

public class PerfTableTests
{
    const string Two = "twin-trees,slot-trie";

    static readonly MachineDescription _machine = new("Linux", "Xeon", 4, "x64", ".NET", 8L << 30);

    static string Write(PerfOptions options, PerfOutcome outcome, bool colors = false)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output, TextWriter.Null) { ShowsColors = colors };
        new PerfTable(options, _machine, outcome).Write(terminal);
        return output.ToString();
    }

    static PerfOutcome Outcome(params (string Test, int Slots, string Store, double Seconds)[] results)
    {
        var outcome = new PerfOutcome();
        foreach ((string test, int slots, string store, double seconds) in results)
            outcome.Add(new PerfResult(test, slots, store, seconds, 9, 1, 1));
        return outcome;
    }

    [Fact]
    public void Two_stores_make_the_table_of_the_record()
    {
        var options = PerfOptions.Parse("map,move-active,setup", "509,32764", Two, null, null, null);
        PerfOutcome outcome = Outcome(
            ("map", 509, "twin-trees", 0.0232), ("map", 509, "slot-trie", 0.0223),
            ("move-active", 509, "twin-trees", 0.000101), ("move-active", 509, "slot-trie", 0.0000792),
            ("setup", 509, "twin-trees", 0.0135), ("setup", 509, "slot-trie", 0.0136),
            ("map", 8194, "twin-trees", 0.2), ("map", 8194, "slot-trie", 0.0541),
            ("move-active", 32764, "twin-trees", 0.00142), ("setup", 32764, "twin-trees", 16.1));

        Assert.Equal(
            """
            Before: twin-trees. After: slot-trie. On 4 × Xeon, 8 GiB, .NET, Linux.

            509 slots in use:
            Test            Before          After           Improvement
            Map             0.0232s         0.0223s           4%
            Move active     0.000101s       0.0000792s       22%
            Slot setup      0.0135s         0.0136s         None

            32764 slots in use:
            Test            Before          After           Improvement
            Map (8194)      0.200s          0.0541s          73%
            Move active     0.00142s        -               -
            Slot setup      16.1s           -               -
            Map is not possible with 32764: 8193 pages are too few for 32763 slots; it is run with 8194, the most it can have.

            """.ReplaceLineEndings("\n"),
            Write(options, outcome));
    }

    [Fact]
    public void One_store_is_compared_with_nothing()
    {
        var options = PerfOptions.Parse("rw", "10", "slot-trie", null, null, null);

        Assert.EndsWith(
            "10 slots in use:\nTest            Time\nRW              0.500s\n",
            Write(options, Outcome(("rw", 10, "slot-trie", 0.5))));
    }

    [Fact]
    public void More_stores_have_a_column_each()
    {
        PerfOptions options = PerfOptions.Parse("rw", "10", $"sorted-array,{Two}", null, null, null);
        PerfOutcome outcome = Outcome(
            ("rw", 10, "sorted-array", 0.5), ("rw", 10, "twin-trees", 0.25), ("rw", 10, "slot-trie", 1));

        Assert.EndsWith(
            "Test            Before          twin-trees        slot-trie\n"
            + "RW              0.500s          0.250s      50%   1.00s      -100%\n",
            Write(options, outcome));
    }

    [Fact]
    public void A_store_that_takes_fewer_slots_is_said_to()
    {
        PerfOptions options = PerfOptions.Parse("map,setup", "100", "slot-trie,growable-array:64", null, null, null);

        Assert.EndsWith(
            "Map             0.500s          -               -\n"
            + "Slot setup      -               -               -\n"
            + "growable-array:64 takes no more than 64 slots.\n",
            Write(options, Outcome(("map", 100, "slot-trie", 0.5))));
    }

    [Fact]
    public void What_was_measured_once_is_said_to_be()
    {
        PerfOptions options = PerfOptions.Parse("map,rw,setup", "100", Two, null, null, null);
        var outcome = new PerfOutcome();
        outcome.Add(new PerfResult("map", 100, "twin-trees", 2, 1, 1, 1));
        outcome.Add(new PerfResult("map", 100, "slot-trie", 1, 2, 1, 1));
        outcome.Add(new PerfResult("setup", 100, "twin-trees", 5, 1, 5, 1));
        outcome.Add(new PerfResult("setup", 100, "slot-trie", 2, 2, 2, 1));

        Assert.EndsWith(
            "Measured once: map of twin-trees; setup of twin-trees.\nMeasured 2 times: setup of slot-trie.\n",
            Write(options, outcome));
    }

    [Fact]
    public void What_is_not_possible_is_said_with_its_reason()
    {
        var options = PerfOptions.Parse("move-active", "16385", Two, null, null, null);

        Assert.EndsWith(
            "Move active     not possible\n"
            + "Move active is not possible with 16385: the last slot has 9 of the 25 pages that the guest writes in it.\n",
            Write(options, new PerfOutcome()));
    }

    [Fact]
    public void Colors_show_which_way_it_went()
    {
        var options = PerfOptions.Parse("rw", "10", Two, null, null, null);
        PerfOutcome better = Outcome(("rw", 10, "twin-trees", 0.5), ("rw", 10, "slot-trie", 0.25));
        PerfOutcome worse = Outcome(("rw", 10, "twin-trees", 0.25), ("rw", 10, "slot-trie", 0.5));

        Assert.Contains("\u001b[32m 50%\u001b[0m", Write(options, better, colors: true));
        Assert.Contains("\u001b[31m-100%\u001b[0m", Write(options, worse, colors: true));
        Assert.DoesNotContain('\u001b', Write(options, better));
    }
}
