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
            < 0 => Key.IsSize ? Verdict.Smaller : Verdict.Faster,
            > 0 => Key.IsSize ? Verdict.Larger : Verdict.Slower,
            _ => Verdict.Unchanged,
        },
        (not null, null) => Verdict.OnlyInA,
        _ => Verdict.OnlyInB,
    };

    internal string Format(Estimate? estimate) => estimate is not { } known ? "-"
        : Key.IsSize ? Quantity.FormatBytes(known.Value) : Quantity.FormatTime(known.Value);
}

/// <summary>What a row is about.</summary>
/// <param name="What">The test, or the subject and its operation.</param>
/// <param name="Count">Slots, vCPUs, …</param>
/// <param name="Design">The design.</param>
/// <param name="IsSize">Whether it is in bytes; otherwise in nanoseconds.</param>
sealed record RowKey(string What, long Count, string Design, bool IsSize);
