namespace KvmSharp.Benchmarks.Targets;

/// <summary>
/// Milliseconds to add and to delete many slots: by the clock, and by the processor, which a busy host does not change.
/// </summary>
readonly record struct BuildTimes(Timing Add, Timing Delete, Timing AddProcessor, Timing DeleteProcessor);
