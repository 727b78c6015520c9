using System;
using System.Diagnostics;
using System.Globalization;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>
/// Measures in processes of their own. The runtime compiles a method once for the whole process, by what it was used for
/// first: a lookup that began with ids of one kind is laid out for these ever after, and one with ids of another kind
/// would be charged for it. A program has one kind.
/// </summary>
/// <remarks>
/// Three processes, of which the middle one counts: where a loop of a few instructions comes to lie differs from process to
/// process, and decides about half of its time.
/// </remarks>
static class OwnProcess
{
    const int Processes = 3;

    /// <summary>Runs this program with arguments.</summary>
    /// <returns>Of what it wrote by <see cref="Report"/>, the middle one's median, and the best of all.</returns>
    /// <exception cref="InvalidOperationException">It wrote something else.</exception>
    internal static Timing Measure(params string[] arguments)
    {
        double[] medians = new double[Processes];
        double best = double.MaxValue;
        for (int process = 0; process < Processes; process++)
        {
            Timing timing = Run(arguments);
            medians[process] = timing.Median;
            best = double.Min(best, timing.Best);
        }
        return Timing.Of(medians) with { Best = best };
    }

    static Timing Run(string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(OwnProcess).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string[] values = output.Split(' ', StringSplitOptions.TrimEntries);
        if (process.ExitCode != 0 || values.Length != 2)
            throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
        return new Timing(Parse(values[0]), Parse(values[1]));
    }

    /// <summary>Hands a result to the process that asked for it.</summary>
    internal static void Report(Timing timing) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{timing.Median:R} {timing.Best:R}"));

    static double Parse(string value) => double.Parse(value, CultureInfo.InvariantCulture);
}
