using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Compare;

/// <summary>A row of one run, of the other, or of both.</summary>
/// <param name="Key">What was measured.</param>
/// <param name="A">In the first run.</param>
/// <param name="B">In the second.</param>
sealed record ComparedRow(RowKey Key, Estimate? A, Estimate? B)
{
    /// <summary>The second of the first; none where one is missing, or the first is zero.</summary>
    internal double? Ratio => A is { Value: > 0 } a && B is { } b ? b.Value / a.Value : null;

    internal Verdict Verdict => (A, B) switch
    {
        ({ } a, { } b) => b.CompareBeyondNoise(a) switch
        {
            < 0 => Key.Unit == CostUnit.Nanoseconds ? Verdict.Faster : Verdict.Smaller,
            > 0 => Key.Unit == CostUnit.Nanoseconds ? Verdict.Slower : Verdict.Larger,
            _ => Verdict.Unchanged,
        },
        (not null, null) => Verdict.OnlyInA,
        _ => Verdict.OnlyInB,
    };

    internal string Format(Estimate? estimate) => estimate is { } known ? Quantity.Format(known.Value, Key.Unit) : "-";
}

/// <summary>What a row is about.</summary>
/// <param name="What">The test, or the subject and its operation.</param>
/// <param name="Count">Slots, vCPUs, …</param>
/// <param name="Design">The design.</param>
/// <param name="Unit">What its cost is in.</param>
sealed record RowKey(string What, long Count, string Design, CostUnit Unit);
