using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Run;

/// <summary>A guest's own page tables, read from outside: what <c>KVM_TRANSLATE</c> does.</summary>
static class PageTables
{
    const ulong Present = 1;
    const ulong LeafBit = 1 << 7;
    const ulong AddressBits = 0x000f_ffff_ffff_f000;
    const ulong PaeBit = 1 << 5;
    const ulong LongModeActive = 1 << 10;
    const ulong FiveLevelBit = 1 << 12;
    const int WideIndexBits = 9;
    const int NarrowIndexBits = 10;

    /// <summary>The guest physical address behind a linear address, with paging on.</summary>
    /// <returns>Nothing when it is not mapped.</returns>
    internal static Gpa? TryTranslate(MachineMemory memory, in KvmSregs sregs, ulong address)
    {
        if ((sregs.Cr4 & PaeBit) == 0)
            return TryNarrow(memory, sregs.Cr3, (uint)address);
        bool isLong = (sregs.Efer & LongModeActive) != 0;
        int levels = !isLong ? 3 : (sregs.Cr4 & FiveLevelBit) != 0 ? 5 : 4;
        ulong table = sregs.Cr3 & (isLong ? AddressBits : 0xffff_ffe0);
        for (int level = levels; ; level--)
        {
            int shift = Page.Shift + ((level - 1) * WideIndexBits);
            // With three levels the topmost has four entries.
            ulong index = (address >> shift) & (level == 3 && !isLong ? 3UL : 511UL);
            if (!memory.TryRead(new Gpa(table + (index * sizeof(ulong))), out ulong entry) || (entry & Present) == 0)
                return null;
            ulong offset = (1UL << shift) - 1;
            if (level == 1 || (level <= 3 && (entry & LeafBit) != 0 && !(level == 3 && !isLong)))
                return new Gpa((entry & AddressBits & ~offset) | (address & offset));
            table = entry & AddressBits;
        }
    }

    // Two levels of 4-byte entries, with leaves of 4 MiB.
    static Gpa? TryNarrow(MachineMemory memory, ulong cr3, uint address)
    {
        const uint LargeOffset = (1u << (Page.Shift + NarrowIndexBits)) - 1;
        ulong directory = cr3 & 0xffff_f000;
        if (!memory.TryRead(new Gpa(directory + ((address >> 22) * sizeof(uint))), out uint entry) || (entry & Present) == 0)
            return null;
        if ((entry & LeafBit) != 0)
            return new Gpa((entry & ~LargeOffset) | (address & LargeOffset));
        ulong table = entry & 0xffff_f000;
        if (!memory.TryRead(new Gpa(table + (((address >> Page.Shift) & 1023) * sizeof(uint))), out uint leaf)
            || (leaf & Present) == 0)
        {
            return null;
        }
        return new Gpa((leaf & 0xffff_f000) | (address & (uint)Page.OffsetMask));
    }
}
