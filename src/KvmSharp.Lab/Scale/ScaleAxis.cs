using System.Collections.Generic;

namespace KvmSharp.Lab.Scale;

/// <summary>What grows along a series of measurements.</summary>
/// <param name="Noun">What is counted, in the plural: also the name of the option that chooses the counts.</param>
/// <param name="Least">The smallest count that can be measured.</param>
/// <param name="Most">The greatest.</param>
/// <param name="Default">The counts that are measured when none are chosen, ascending.</param>
public sealed record ScaleAxis(string Noun, long Least, long Most, IReadOnlyList<long> Default);
