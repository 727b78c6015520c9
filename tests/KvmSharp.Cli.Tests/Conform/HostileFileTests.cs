using System;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Conform;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Cli.Tests.Conform;

/// <summary>Files that nobody would write on purpose, or only to do harm.</summary>
public sealed class HostileFileTests(ITestOutputHelper output)
{
    // What the language is made of, and what it is not.
    const string Letters = "0123456789abcdefxhKMGT=+-*<>(),:#./ \t\"\\\u00e9\u4e2d\ud83d";

    [Fact]
    public void Whatever_a_line_says_it_is_taken_or_refused_at_a_column()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] lines = [.. ConformReport.Vectors().SelectMany(file => file.Lines).Select(line => line.Text)];
        int refused = 0;

        for (int turn = 0; turn < 20_000; turn++)
        {
            string line = Spoil(random, lines[random.Next(lines.Length)], lines);
            try
            {
                ConformFile.ParseLine(1, line);
            }
            catch (ConformSyntaxException exception)
            {
                refused++;
                Assert.True(exception.Column >= 1 && exception.Column <= line.Length + 1, $"column {exception.Column} of: {line}");
            }
        }

        Assert.InRange(refused, 2_000, 19_000);
    }

    // The guest spins, and nobody kicks it.
    [Theory]
    [InlineData("run 0")]
    [InlineData("repeat 1000 run 0")]
    public void A_guest_that_never_ends_ends_with_the_interruption(string last)
    {
        using var machine = new SoftConformMachine(1);
        using var interruption = new CancellationTokenSource();
        ConformLine[] lines =
        [
            .. new[] { "vm", "slot 0 size=64K hva=h", "vcpu 0", "poke h ebfe", "start 0", last, "peek h 1 => data:00" }
                .Select((text, index) => ConformFile.ParseLine(index + 1, text)!),
        ];
        interruption.CancelAfter(TimeSpan.FromMilliseconds(20));

        ConformOutcome outcome = new ConformRun([machine], interruption.Token).Run(lines);

        Assert.True(outcome.WasInterrupted);
        Assert.Empty(outcome.Differences);
    }

    static string Spoil(Random random, string line, string[] lines)
    {
        for (int count = 1 + random.Next(3); count > 0; count--)
        {
            int at = random.Next(line.Length + 1);
            int length = random.Next(Math.Min(4, line.Length - at + 1));
            line = random.Next(5) switch
            {
                0 => line.Remove(at, length),
                1 => line.Insert(at, Letters[random.Next(Letters.Length)].ToString()),
                2 => line.Insert(at, line.Substring(at, length)),
                3 => line[..at] + lines[random.Next(lines.Length)],
                _ => line.Insert(at, new string(Letters[random.Next(Letters.Length)], random.Next(50))),
            };
        }
        return line;
    }
}
