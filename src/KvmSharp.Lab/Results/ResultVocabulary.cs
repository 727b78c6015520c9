using System.Collections.Generic;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.Results;

/// <summary>The names and ranges that may stand in result files.</summary>
/// <param name="Stores">Slot stores.</param>
/// <param name="Tests">Tests of <c>kvmsharp perf</c>, in the order in which they are shown.</param>
/// <param name="Guests">What executes the guests' loops of these tests; the first where a file does not say.</param>
/// <param name="LeastSlots">The fewest slots that a test is run with.</param>
/// <param name="MostSlots">The most.</param>
/// <param name="Subjects">Subjects of <c>kvmsharp scale</c>.</param>
public sealed record ResultVocabulary(
    IReadOnlyList<string> Stores,
    IReadOnlyList<PerfTestName> Tests,
    IReadOnlyList<string> Guests,
    int LeastSlots,
    int MostSlots,
    IReadOnlyList<ScaleSubject> Subjects);

/// <summary>A test as results name it, and as tables do.</summary>
/// <param name="Name">In results: <c>unmap-chunked</c>.</param>
/// <param name="Title">In tables: <c>Unmap chunked</c>.</param>
public sealed record PerfTestName(string Name, string Title);
