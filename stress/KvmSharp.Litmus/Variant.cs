using System;

namespace KvmSharp.Litmus;

/// <summary>One way to keep a protocol: deliberately wrong, or meant to be right.</summary>
abstract class Variant(string name, bool isBroken)
{
    internal string Name { get; } = name;

    /// <summary>Whether violations are wanted: it shows that the detector can see them.</summary>
    internal bool IsBroken { get; } = isBroken;

    /// <summary>Samples the window for about <paramref name="duration"/>.</summary>
    internal abstract Observation Run(TimeSpan duration);
}
