using System;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>Searches in slots that stand in ascending order of guest frame.</summary>
static class BinarySearch
{
    /// <summary>The position of the last slot that begins at a frame or below; −1 when all begin above.</summary>
    internal static int LastUpTo<T>(ReadOnlySpan<T> elements, ulong frame)
        where T : struct, ISlotElement
    {
        int low = 0, high = elements.Length;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (elements[middle].Base <= frame)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }
}
