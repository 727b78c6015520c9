using System.Runtime.CompilerServices;
using System.Threading;

namespace KvmSharp.Litmus;

/// <summary>Passes time without touching memory that others see.</summary>
static class Work
{
    static ulong _sink = 1;

    /// <summary>Passes about <paramref name="steps"/> nanoseconds.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static ulong Do(int steps)
    {
        ulong state = 0x9E37_79B9_7F4A_7C15;
        for (int step = 0; step < steps; step++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        // Never true; the compiler does not know.
        if (state == 0)
            Volatile.Write(ref _sink, state);
        return state;
    }
}
