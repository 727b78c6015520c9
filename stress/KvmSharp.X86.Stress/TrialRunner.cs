using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using KvmSharp.X86.Tests.Oracle;

namespace KvmSharp.X86.Stress;

/// <summary>Runs a trial for a time, round by round, a seed each; says which seed a failure came from.</summary>
/// <param name="seed">The seed of the first round; those of the rest follow by one.</param>
/// <param name="time">How long; the round that is under way is finished.</param>
sealed class TrialRunner(ulong seed, TimeSpan time)
{
    // A round takes a second or so. One that takes this long will never end.
    static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    internal static void PrintHead() => Console.WriteLine($"{"trial",-10} {"rounds",7} {"tried",14} {"",-12} {"seconds",8}  verdict");

    /// <summary>Runs it and prints its line.</summary>
    internal Outcome Run(Trial trial, HardwareOracle? oracle)
    {
        if (trial.NeedsOracle && oracle is null)
        {
            Console.WriteLine($"{trial.Name,-10} {"",7} {"",14} {"",-12} {"",8}  not run: no judge");
            return Outcome.Inconclusive;
        }

        long started = Stopwatch.GetTimestamp();
        long tried = 0;
        ulong round = 0;
        string? failure = null;
        while (failure is null && Stopwatch.GetElapsedTime(started) < time)
        {
            ulong now = seed + round++;
            using Timer watchdog = new(_ => GiveUp(trial, now), null, _patience, Timeout.InfiniteTimeSpan);
            try
            {
                TrialResult result = trial.Run(now, oracle);
                tried += result.Count;
                failure = result.Differences;
            }
#pragma warning disable CA1031 // An exception of any kind is what is looked for.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = $"seed {now:x}: {exception}";
            }
        }

        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{trial.Name,-10} {round,7} {tried,14:n0} {trial.Unit,-12} {seconds,8:f1}  {(failure is null ? "pass" : "FAILURE")}"));
        if (failure is null)
            return Outcome.Pass;
        Console.WriteLine(failure);
        Console.WriteLine($"again: --trial {trial.Name} --seed {seed + round - 1:x} --seconds 0.1");
        return Outcome.Failure;
    }

    static void GiveUp(Trial trial, ulong seed)
    {
        Console.WriteLine($"{trial.Name}: a hang with seed {seed:x}");
        Environment.Exit((int)Outcome.Failure);
    }
}
