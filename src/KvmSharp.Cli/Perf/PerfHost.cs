namespace KvmSharp.Cli.Perf;

/// <summary>What a test's host side works with.</summary>
sealed class PerfHost(MemslotArena arena, SyncPage sync, bool verify)
{
    internal MemslotArena Arena => arena;

    /// <summary>Meets the guest.</summary>
    internal void Sync() => sync.Sync();

    /// <summary>Checks what the guest wrote at the start of a page, when that was asked for.</summary>
    internal void Verify(ulong page, ulong expected)
    {
        if (verify)
            Expect("host", page, expected, arena.Read(page, 0));
    }

    /// <exception cref="PerfTestException">The values differ.</exception>
    internal static void Expect(string side, ulong page, ulong expected, ulong found)
    {
        if (found != expected)
            throw Unexpected(side, page, expected, found);
    }

    /// <summary>What is reported when values differ.</summary>
    internal static PerfTestException Unexpected(string side, ulong page, ulong expected, ulong found) =>
        new($"the {side} found 0x{found:x} instead of 0x{expected:x} in page {page}");
}
