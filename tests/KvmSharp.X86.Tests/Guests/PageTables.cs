using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace KvmSharp.X86.Tests.Guests;

/// <summary>Page tables of 64-bit mode, built in guest memory from a root on.</summary>
sealed class PageTables(MachineMemory memory)
{
    internal const ulong Root = 0x10_0000;
    internal const ulong Present = 1;
    internal const ulong Writable = 2;
    internal const ulong User = 4;
    internal const ulong Accessed = 0x20;
    internal const ulong Dirty = 0x40;
    internal const ulong Large = 0x80;
    internal const ulong NoExecute = 1UL << 63;

    ulong _next = Root + Page.Size;

    /// <summary>Maps memory from 0 where it is, in pages of 4 KiB.</summary>
    internal void MapIdentity(ulong bytes, ulong flags)
    {
        for (ulong at = 0; at < bytes; at += Page.Size)
            Map(at, at, flags);
    }

    /// <summary>Maps one page; tables on the way allow everything.</summary>
    internal void Map(ulong linear, ulong physical, ulong flags, int level = 1) =>
        memory.Write(EntryAt(linear, level), physical | flags);

    /// <summary>The entry of a page.</summary>
    internal ulong Entry(ulong linear, int level = 1) => memory.Read<ulong>(EntryAt(linear, level));

    /// <summary>Where the entry of a page is; tables are made on the way.</summary>
    internal Gpa EntryAt(ulong linear, int level = 1)
    {
        ulong table = Root;
        for (int at = 4; at > level; at--)
        {
            Gpa place = Place(table, linear, at);
            ulong entry = memory.Read<ulong>(place);
            if ((entry & Present) == 0)
            {
                entry = _next | Present | Writable | User;
                _next += Page.Size;
                memory.Write(place, entry);
            }
            table = entry & 0x000F_FFFF_FFFF_F000;
        }
        return Place(table, linear, level);
    }

    static Gpa Place(ulong table, ulong linear, int level) =>
        new(table + (((linear >> (Page.Shift + ((level - 1) * 9))) & 511) << 3));
}
