using System;
using System.Globalization;
using System.Text;

namespace KvmSharp.Litmus;

/// <summary>Runs experiments and prints a line for each variant.</summary>
sealed class Runner(TimeSpan duration)
{
    const int Attempts = 20;

    // Fewer say nothing.
    const int MinHits = 20;

    static readonly CompositeFormat _columns =
        CompositeFormat.Parse("{0,-26} {1,-27} {2,-10} {3,12} {4,12} {5,12}  {6,-12} {7}");

    /// <summary>Prints the head of the table.</summary>
    internal static void PrintHead() =>
        Print("experiment", "variant", "expected", "samples", "window hits", "violations", "verdict", "note");

    /// <summary>Runs one experiment: nothing is said about a sound variant before every broken one was caught.</summary>
    internal Outcome Run(Experiment experiment)
    {
        Outcome outcome = Outcome.Pass;
        foreach (Variant variant in experiment.Variants())
        {
            if (!variant.IsBroken && outcome == Outcome.Inconclusive)
            {
                Print(experiment.Name, variant.Name, "none", "", "", "", "not run", "a broken variant was not caught");
                continue;
            }
            Observation seen = variant.Run(duration);
            Outcome own = Judge(variant, seen);
            // On a busy host both sides may share a core for a while, where nothing can be seen.
            for (int attempt = 1; own == Outcome.Inconclusive && attempt < Attempts; attempt++)
            {
                seen += variant.Run(duration);
                own = Judge(variant, seen);
            }
            Print(
                experiment.Name,
                variant.Name,
                variant.IsBroken ? "violations" : "none",
                Number(seen.Samples),
                Number(seen.WindowHits),
                Number(seen.Violations),
                Verdict(variant, own),
                seen.Note);
            outcome = Worse(outcome, own);
        }
        return outcome;
    }

    /// <summary>Of two outcomes the one that must be reported.</summary>
    internal static Outcome Worse(Outcome left, Outcome right) =>
        left == Outcome.Violation || right == Outcome.Violation ? Outcome.Violation
        : left == Outcome.Inconclusive || right == Outcome.Inconclusive ? Outcome.Inconclusive
        : Outcome.Pass;

    static Outcome Judge(Variant variant, in Observation seen)
    {
        if (variant.IsBroken)
            return seen.Violations > 0 ? Outcome.Pass : Outcome.Inconclusive;
        return seen.Violations > 0 ? Outcome.Violation
            : seen.WindowHits < MinHits ? Outcome.Inconclusive
            : Outcome.Pass;
    }

    static string Verdict(Variant variant, Outcome outcome) => (variant.IsBroken, outcome) switch
    {
        (true, Outcome.Pass) => "caught",
        (true, _) => "NOT CAUGHT",
        (_, Outcome.Pass) => "pass",
        (_, Outcome.Violation) => "VIOLATION",
        _ => "NOT SAMPLED",
    };

    static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    static void Print(params object[] cells)
    {
        Console.WriteLine(string.Format(CultureInfo.InvariantCulture, _columns, cells).TrimEnd());
        Console.Out.Flush();
    }
}
