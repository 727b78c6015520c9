using System;

namespace KvmSharp.Lab.Scale;

/// <summary>One operation of one design at one count.</summary>
/// <param name="Operation">The operation's name.</param>
/// <param name="Design">The design's name.</param>
/// <param name="Count">The count.</param>
/// <param name="Variant">What else tells it from other cases.</param>
/// <param name="Measure">Sets up what is measured, measures it and lets go of it.</param>
public sealed record ScaleCase(
    string Operation, string Design, long Count, ScaleVariant Variant, Func<ScaleClock, ScaleMeasure> Measure);
