namespace KvmSharp.Lab.Scale;

/// <summary>A figure that a proposal published, and the same worked out here.</summary>
/// <param name="Source">Where it was published: <c>2012, growable memory slot array</c>.</param>
/// <param name="What">What it counts.</param>
/// <param name="Unit">Its unit: <c>bytes</c>, <c>slots</c>.</param>
/// <param name="Published">As published; null where only a formula was.</param>
/// <param name="Computed">As the types in use here make it; null where it cannot be worked out here.</param>
/// <param name="Note">Why the two differ, if they do.</param>
public sealed record PublishedFigure(
    string Source, string What, string Unit, double? Published, double? Computed, string? Note = null);
