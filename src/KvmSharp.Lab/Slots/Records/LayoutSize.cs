using System;

namespace KvmSharp.Lab.Slots.Records;

/// <summary>The size of a structure as the runtime lays it out, from what an array of many takes more than an empty one.</summary>
static class LayoutSize
{
    const int Elements = 1000;

    internal static int Of<T>()
        where T : struct
    {
        // The first time, what the runtime allocates for the type itself would be counted too.
        Allocate<T>(Elements);
        return (int)((Allocate<T>(Elements) - Allocate<T>(1)) / (Elements - 1));
    }

    static long Allocate<T>(int length)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(new T[length]);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
