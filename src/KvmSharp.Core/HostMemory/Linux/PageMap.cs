using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.Versioning;
using KvmSharp.Addresses;
using Microsoft.Win32.SafeHandles;

namespace KvmSharp.HostMemory.Linux;

/// <summary>Which pages of this process have memory behind them: <c>/proc/self/pagemap</c>.</summary>
[SupportedOSPlatform("linux")]
static class PageMap
{
    const string FilePath = "/proc/self/pagemap";
    const int EntrySize = sizeof(ulong);
    const int EntriesAtOnce = 4096;

    // Present, or swapped out.
    const ulong Populated = 3UL << 62;

    /// <summary>Finds the first run of populated pages in a range of anonymous memory.</summary>
    /// <param name="range">Whole pages.</param>
    /// <returns>The run, empty when there is none; the whole range where the kernel does not tell.</returns>
    internal static HvaRange FirstPopulated(HvaRange range)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(FilePath);
            return Search(file, range);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return range;
        }
    }

    static HvaRange Search(SafeFileHandle file, HvaRange range)
    {
        Span<byte> buffer = stackalloc byte[EntriesAtOnce * EntrySize];
        Hva next = range.Start;
        Hva runStart = range.End;
        while (next < range.End)
        {
            ulong pages = Math.Min((range.End - next) >> Page.Shift, EntriesAtOnce);
            int read = RandomAccess.Read(file, buffer[..(int)(pages * EntrySize)], (long)(next.PageNumber * EntrySize));
            if (read < EntrySize)
                throw new IOException($"{FilePath} ends at {next}");
            for (int entry = 0; entry < read / EntrySize; entry++, next += Page.Size)
            {
                bool populated = (BinaryPrimitives.ReadUInt64LittleEndian(buffer[(entry * EntrySize)..]) & Populated) != 0;
                if (populated && runStart == range.End)
                    runStart = next;
                else if (!populated && runStart != range.End)
                    return new HvaRange(runStart, next - runStart);
            }
        }
        return new HvaRange(runStart, range.End - runStart);
    }
}
