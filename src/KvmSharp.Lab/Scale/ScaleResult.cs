namespace KvmSharp.Lab.Scale;

/// <summary>A case and what it came to.</summary>
/// <param name="Subject">The subject's name.</param>
/// <param name="Case">The case.</param>
/// <param name="Measure">What it came to.</param>
/// <param name="IsDefault">Whether it is the design that a machine gets when nothing is chosen.</param>
public sealed record ScaleResult(string Subject, ScaleCase Case, ScaleMeasure Measure, bool IsDefault);
