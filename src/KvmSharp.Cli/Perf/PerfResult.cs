namespace KvmSharp.Cli.Perf;

/// <summary>The best run of a test, or the best creation of the slots.</summary>
/// <param name="Test">The test's name, or <see cref="PerfOptions.SetupName"/>.</param>
/// <param name="Slots">Slots in use.</param>
/// <param name="Store">The slot store's name.</param>
/// <param name="SecondsPerIteration">The result.</param>
/// <param name="Iterations">Iterations of that run; creations, for the slot setup.</param>
/// <param name="SetupSeconds">
/// How long that run's machine took to create its slots: one at a time for the slot setup, in one transaction for the tests.
/// </param>
/// <param name="Pages">Pages in the test slots.</param>
sealed record PerfResult(
    string Test, int Slots, string Store, double SecondsPerIteration, long Iterations, double SetupSeconds, ulong Pages);
