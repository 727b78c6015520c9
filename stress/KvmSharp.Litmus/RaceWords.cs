using System.Runtime.InteropServices;

namespace KvmSharp.Litmus;

/// <summary>The words of a protocol's copy, each with a pair of cache lines to itself.</summary>
[StructLayout(LayoutKind.Explicit, Size = 5 * Apart)]
struct RaceWords
{
    const int Apart = 128;

    // Written by the user, read by the taker.
    [FieldOffset(Apart)]
    internal long Announcement;

    // Written by the taker, read by the user.
    [FieldOffset(2 * Apart)]
    internal long Gone;

    // Written by the taker when it believes that nobody uses it.
    [FieldOffset(3 * Apart)]
    internal long Data;
}
