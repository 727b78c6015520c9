namespace KvmSharp.Benchmarks.Targets;

/// <summary>
/// Work that depends on nothing but the core's speed. Taken before and after the figures it shows whether the host ran
/// at one speed meanwhile, and makes runs on different days comparable.
/// </summary>
static class HostSpeed
{
    const int Steps = 4096;

    static ulong _state = 1;

    /// <summary>Nanoseconds of one step: three shifts and three exclusive ors, each waiting for the one before.</summary>
    internal static Timing Step() => Stopclock.Measure(Steps, static () =>
    {
        ulong state = _state;
        for (int step = 0; step < Steps; step++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        _state = state;
    });
}
