using KvmSharp.Addresses;

namespace KvmSharp.Lab.Slots.Records;

/// <summary>What KVM on x86 allocates beside a slot: arrays with an element for each page, or each large page, it touches.</summary>
static class SlotMetadata
{
    /// <summary>Reverse-map heads: a pointer for each page of every size.</summary>
    internal static long ReverseMaps(GfnRange frames) =>
        nint.Size * (Pages(frames, PageLevel.Page4K) + Pages(frames, PageLevel.Page2M) + Pages(frames, PageLevel.Page1G));

    /// <summary>Large-page information: a count for each large page.</summary>
    internal static long LargePages(GfnRange frames) =>
        sizeof(int) * (Pages(frames, PageLevel.Page2M) + Pages(frames, PageLevel.Page1G));

    /// <summary>Write-track counters: one for each page.</summary>
    internal static long WriteTrack(GfnRange frames) => sizeof(ushort) * Pages(frames, PageLevel.Page4K);

    /// <summary>All three.</summary>
    internal static long All(GfnRange frames) => ReverseMaps(frames) + LargePages(frames) + WriteTrack(frames);

    /// <summary>Both halves of the dirty bitmap; a program is given one.</summary>
    internal static long DirtyBitmap(ulong pages)
    {
        const int BitsPerWord = 64;
        return 2 * sizeof(ulong) * (long)((pages + BitsPerWord - 1) / BitsPerWord);
    }

    static long Pages(GfnRange frames, PageLevel level) =>
        (long)(((frames.End.Value - 1) >> level.PageShift) - (frames.Start.Value >> level.PageShift) + 1);
}
