using System;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Run.Boot;

/// <summary>What a multiboot kernel is told, by the Multiboot Specification 0.6.96: memory, command line, memory map.</summary>
static class MultibootInformation
{
    /// <summary>What EAX holds at the entry.</summary>
    internal const uint BootloaderMagic = 0x2bad_b002;

    const uint HasMemory = 1 << 0;
    const uint HasCommandLine = 1 << 2;
    const uint HasMemoryMap = 1 << 6;
    const ulong LowerMemory = 640 << 10;
    const ulong UpperMemory = 1 << 20;
    const uint MapEntryBytes = 20;
    const uint AvailableMemory = 1;

    // The structure's own length, then the map.
    const ulong MapOffset = 0x80;

    /// <summary>Writes it where the boot record goes for other images.</summary>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="memoryBytes">How much there is.</param>
    internal static void Write(MachineMemory memory, ulong memoryBytes)
    {
        Gpa at = BootLayout.Record;
        Gpa map = at + MapOffset;
        ulong upper = memoryBytes > UpperMemory ? memoryBytes - UpperMemory : 0;
        memory.Write(at, HasMemory | HasCommandLine | HasMemoryMap);
        memory.Write(at + 4, (uint)(Math.Min(memoryBytes, LowerMemory) >> 10));
        memory.Write(at + 8, (uint)Math.Min(upper >> 10, uint.MaxValue));
        memory.Write(at + 16, (uint)BootLayout.CommandLine.Value);
        memory.Write(at + 44, MapEntryBytes + sizeof(uint));
        memory.Write(at + 48, (uint)map.Value);
        memory.Write(map, MapEntryBytes);
        memory.Write(map + 4, 0UL);
        memory.Write(map + 12, memoryBytes);
        memory.Write(map + 20, AvailableMemory);
    }
}
