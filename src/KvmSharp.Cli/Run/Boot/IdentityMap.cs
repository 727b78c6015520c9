using System;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Run.Boot;

/// <summary>Page tables for long mode that map every address to itself.</summary>
static class IdentityMap
{
    const ulong Present = 1 << 0;
    const ulong Writable = 1 << 1;
    const ulong Leaf = 1 << 7;
    const ulong LargeBytes = 2UL << 20;
    const ulong HugeBytes = 1UL << 30;
    const ulong EntryBytes = 8;
    const int EntriesPerTable = 512;

    /// <summary>Maps memory, and the first four gigabytes in any case.</summary>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="memoryBytes">How much there is; up to <see cref="BootLayout.MaxMemory"/>.</param>
    /// <param name="smallLeavesEnd">From where on leaves are of 1 GiB; they take no further tables.</param>
    /// <returns>The root, for CR3.</returns>
    internal static Gpa Write(MachineMemory memory, ulong memoryBytes, ulong smallLeavesEnd = BootLayout.SmallLeavesEnd)
    {
        ulong mapped = Math.Max(memoryBytes, BootLayout.LeastMapped);
        memory.Write(BootLayout.PageMap, BootLayout.PageDirectoryPointers.Value | Writable | Present);
        ulong gigabytes = (mapped + HugeBytes - 1) / HugeBytes;
        for (ulong gigabyte = 0; gigabyte < gigabytes; gigabyte++)
        {
            ulong address = gigabyte * HugeBytes;
            Gpa entry = BootLayout.PageDirectoryPointers + (gigabyte * EntryBytes);
            if (address >= smallLeavesEnd)
            {
                memory.Write(entry, address | Leaf | Writable | Present);
                continue;
            }
            Gpa directory = BootLayout.PageDirectories + (gigabyte * Page.Size);
            memory.Write(entry, directory.Value | Writable | Present);
            for (ulong index = 0; index < EntriesPerTable; index++)
                memory.Write(directory + (index * EntryBytes), (address + (index * LargeBytes)) | Leaf | Writable | Present);
        }
        return BootLayout.PageMap;
    }
}
