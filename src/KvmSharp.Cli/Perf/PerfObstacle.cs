namespace KvmSharp.Cli.Perf;

/// <summary>A test that is not possible at a slot count.</summary>
/// <param name="Test">The test's name.</param>
/// <param name="Slots">The slots asked for.</param>
/// <param name="Reason">What stands in the way.</param>
/// <param name="Store">The store that it is not possible with; none when it is so with all.</param>
sealed record PerfObstacle(string Test, int Slots, string Reason, string? Store = null);
