namespace KvmSharp.Cli.Perf.Tests;

/// <summary>As <see cref="UnmapTest"/>, but the host takes the memory away in large pieces.</summary>
sealed class UnmapChunkedTest : UnmapTest
{
    const ulong ChunkBytes = 2 << 20;

    internal override string Name => "unmap-chunked";

    internal override string Title => "Unmap 2M";

    private protected override void DiscardHalf(MemslotArena arena, ulong page)
    {
        ulong chunk = PagesIn(ChunkBytes);
        for (ulong end = page + Half; page < end; page += chunk)
            arena.DiscardTogether(page, chunk);
    }
}
