using System.Collections.Generic;

namespace KvmSharp.Lab.Scale;

/// <summary>What of a subject is to be measured.</summary>
/// <param name="Operations">Names of operations.</param>
/// <param name="Designs">Names of designs.</param>
/// <param name="Counts">Counts, within the subject's axis.</param>
public sealed record ScaleSelection(
    IReadOnlyList<string> Operations, IReadOnlyList<string> Designs, IReadOnlyList<long> Counts);
