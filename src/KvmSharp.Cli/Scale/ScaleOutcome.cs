using System.Collections.Generic;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Cli.Scale;

/// <summary>What a measurement has found, complete or as far as it came.</summary>
/// <param name="Results">In the order in which they were measured.</param>
/// <param name="IsComplete">Whether everything asked for was measured.</param>
sealed record ScaleOutcome(IReadOnlyList<ScaleResult> Results, bool IsComplete);
