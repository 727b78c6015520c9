using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace KvmSharp.X86.Tests.Guests;

/// <summary>Page tables of 32-bit code, with entries of four bytes, or of eight (PAE).</summary>
/// <remarks>The directories come first, so the entry of any page can be found before it is mapped.</remarks>
sealed class NarrowTables(MachineMemory memory, bool pae)
{
    internal const ulong Root = 0x10_0000;
    internal const ulong Large = PageTables.Large;
    const ulong Allowing = PageTables.Present | PageTables.Writable | PageTables.User;

    ulong _next = Root + (8 * Page.Size);

    int EntryBytes => pae ? 8 : 4;

    int IndexBits => pae ? 9 : 10;

    /// <summary>Maps the first four mebibytes where they are.</summary>
    internal void MapIdentity(ulong flags)
    {
        for (ulong at = 0; at < 0x40_0000; at += Page.Size)
            Map(at, at, flags);
    }

    /// <summary>Maps a page of 4 KiB, or a large one by its directory's entry.</summary>
    internal void Map(ulong linear, ulong physical, ulong flags, int level = 1) =>
        WriteEntry(PlaceOf(linear, level), physical | flags);

    internal ulong Entry(ulong linear, int level = 1) => ReadEntry(PlaceOf(linear, level));

    /// <summary>Where the entry of a page is; tables are made on the way.</summary>
    internal ulong PlaceOf(ulong linear, int level = 1)
    {
        ulong directory = Root;
        if (pae)
        {
            ulong pointer = Root + ((linear >> 30) * 8);
            directory = Root + (((linear >> 30) + 1) * Page.Size);
            if (memory.Read<ulong>(new Gpa(pointer)) == 0)
                memory.Write(new Gpa(pointer), directory | PageTables.Present);
        }
        ulong place = directory + (Index(linear, 2) * (ulong)EntryBytes);
        if (level == 2)
            return place;
        ulong entry = ReadEntry(place);
        if ((entry & PageTables.Present) == 0)
        {
            entry = _next | Allowing;
            _next += Page.Size;
            WriteEntry(place, entry);
        }
        return (entry & 0x000F_FFFF_FFFF_F000) + (Index(linear, 1) * (ulong)EntryBytes);
    }

    ulong Index(ulong linear, int level) =>
        (linear >> (Page.Shift + ((level - 1) * IndexBits))) & ((1UL << IndexBits) - 1);

    ulong ReadEntry(ulong at) => pae ? memory.Read<ulong>(new Gpa(at)) : memory.Read<uint>(new Gpa(at));

    void WriteEntry(ulong at, ulong entry)
    {
        if (pae)
            memory.Write(new Gpa(at), entry);
        else
            memory.Write(new Gpa(at), (uint)entry);
    }
}
