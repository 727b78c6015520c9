namespace KvmSharp.Litmus;

/// <summary>What a variant saw.</summary>
/// <param name="Samples">Rounds.</param>
/// <param name="WindowHits">Rounds in which both sides were seen to have met; without any, nothing is learnt.</param>
/// <param name="Violations">Rounds in which the protocol's promise was broken.</param>
/// <param name="Note">What else was counted.</param>
readonly record struct Observation(long Samples, long WindowHits, long Violations, string Note = "")
{
    /// <summary>What was seen in two runs; the note is the later one's.</summary>
    public static Observation operator +(Observation left, Observation right) => new(
        left.Samples + right.Samples,
        left.WindowHits + right.WindowHits,
        left.Violations + right.Violations,
        right.Note);
}
