namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>How long a phase took.</summary>
/// <param name="Test">The test's name.</param>
/// <param name="Mode">How the log is kept and read: <c>bitmap</c>, <c>manual</c>, <c>initially-set</c> or <c>ring</c>.</param>
/// <param name="Phase">The phase.</param>
/// <param name="Iteration">Which time, from 1; none for phases that come once.</param>
/// <param name="Pages">Pages that the phase found, or worked on; none where it is not about pages.</param>
/// <param name="Seconds">Its time; of a restore, the median.</param>
sealed record DirtyPhase(string Test, string Mode, string Phase, int? Iteration, long? Pages, double Seconds);
