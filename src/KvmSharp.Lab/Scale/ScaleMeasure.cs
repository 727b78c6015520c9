namespace KvmSharp.Lab.Scale;

/// <summary>What a case came to: a time, a size, or both.</summary>
/// <param name="Nanoseconds">The median time of one operation.</param>
/// <param name="LowNanoseconds">The first quartile.</param>
/// <param name="HighNanoseconds">The third quartile.</param>
/// <param name="Samples">Samples that the quartiles are of.</param>
/// <param name="Bytes">A size in bytes, where the case is about one.</param>
/// <param name="Note">What a reader has to know: fewer operations than asked for, a count of something else.</param>
/// <param name="Comparisons">Keys compared or looked up, where the case is about that.</param>
public sealed record ScaleMeasure(
    double? Nanoseconds = null,
    double? LowNanoseconds = null,
    double? HighNanoseconds = null,
    int? Samples = null,
    double? Bytes = null,
    string? Note = null,
    long? Comparisons = null)
{
    /// <summary>A size.</summary>
    public static ScaleMeasure OfBytes(double bytes) => new(Bytes: bytes);
}
