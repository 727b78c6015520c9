using KvmSharp.Addresses;
using KvmSharp.X86.Events;
using KvmSharp.X86.Paging;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// From linear to guest physical addresses: the TLBs, and the guest's page tables behind them.
partial class Cpu
{
    const int IndexBits = 9;
    const ulong IndexMask = (1UL << IndexBits) - 1;
    const int LegacyIndexBits = 10;

    readonly ulong _physicalAddressMask;

    // Whether a page above 4 KiB has been entered since the last flush: it is in the TLB in pieces.
    bool _hasLargePages;

    // The large page that was walked to last: its next piece needs no walk. Lives as long as TLB entries do.
    LargePage _largePage;

    /// <summary>Page walks, for counting.</summary>
    internal long PageWalks { get; private set; }

    /// <summary>Accesses that did not find their page in the TLB, for counting.</summary>
    internal long TlbMisses { get; private set; }

    /// <summary>Translates an address for one access, with the rights of the guest's tables.</summary>
    /// <param name="linear">The address; canonical.</param>
    /// <param name="kind">What for.</param>
    /// <param name="user">Whether as user code.</param>
    /// <param name="gpa">The guest physical address.</param>
    /// <returns><see langword="false"/> when a page fault was raised.</returns>
    internal bool TryTranslate(ulong linear, AccessKind kind, bool user, out ulong gpa)
    {
        LinearTlb tlb = user ? _userTlb : _supervisorTlb;
        ref TlbEntry entry = ref tlb.At(linear);
        ulong page = linear & ~Page.OffsetMask;
        ulong tag = kind switch
        {
            AccessKind.Read => entry.Read,
            AccessKind.Write => entry.Write,
            _ => entry.Execute,
        };
        gpa = unchecked(linear + entry.Addend);
        if (tag == page)
            return true;

        TlbMisses++;
        if ((State.Cr0 & Cr0.PG) == 0)
        {
            // The limit of physical addresses is met in memory: there is no slot beyond.
            gpa = linear;
            Enter(tlb, page, page, readable: true, writable: true, executable: true);
            return true;
        }

        if (_largePage.Allows(linear, kind, tlb))
        {
            gpa = unchecked(linear + _largePage.Addend);
            Enter(tlb, page, gpa & ~Page.OffsetMask, readable: true, _largePage.Writable, _largePage.Executable);
            return true;
        }
        Translation found = default;
        uint error = Walk(linear, kind, user, ref found);
        if (error != Translated)
        {
            State.Cr2 = linear;
            return Raise(Vector.PageFault, error);
        }
        gpa = found.Address;
        // Where AC decides from access to access, no entry is made.
        bool lasting = user || !found.User || (State.Cr4 & Cr4.SMAP) == 0;
        bool writable = lasting && found.Dirty && (found.Writable || (!user && (State.Cr0 & Cr0.WP) == 0));
        bool executable = found.Executable && !(!user && found.User && (State.Cr4 & Cr4.SMEP) != 0);
        Enter(tlb, page, gpa & ~Page.OffsetMask, lasting, writable, executable);
        if (lasting && found.Bytes > Page.Size)
            _largePage = new LargePage(tlb, linear & ~(found.Bytes - 1), found.Bytes, unchecked(gpa - linear), writable, executable);
        return true;
    }

    /// <summary>Forgets every translation.</summary>
    internal void FlushTlb()
    {
        _supervisorTlb.Clear();
        _userTlb.Clear();
        _hasLargePages = false;
        _largePage = default;
        Epoch++;
    }

    /// <summary>Forgets the translation of one page (INVLPG).</summary>
    internal void FlushPage(ulong linear)
    {
        if (_hasLargePages)
        {
            FlushTlb();
            return;
        }
        _supervisorTlb.Clear(linear);
        _userTlb.Clear(linear);
        Epoch++;
    }

    void Enter(LinearTlb tlb, ulong page, ulong frame, bool readable, bool writable, bool executable)
    {
        ref TlbEntry entry = ref tlb.Fill(page);
        entry.Read = readable ? page : TlbEntry.None;
        // A page with code is entered without the right to write, so that its writes come by.
        entry.Write = writable && !_code.HasCode(frame) ? page : TlbEntry.None;
        entry.Execute = executable ? page : TlbEntry.None;
        entry.Addend = unchecked(frame - page);
    }

    /// <summary>What a walk found.</summary>
    struct Translation
    {
        internal ulong Address;
        internal bool Writable;
        internal bool User;
        internal bool Executable;
        internal bool Dirty;

        /// <summary>The size of the page that it was found in.</summary>
        internal ulong Bytes;
    }

    /// <summary>A page above 4 KiB, for one privilege.</summary>
    readonly struct LargePage(LinearTlb tlb, ulong start, ulong bytes, ulong addend, bool writable, bool executable)
    {
        /// <summary>Guest physical minus linear address.</summary>
        internal ulong Addend => addend;

        internal bool Writable => writable;

        internal bool Executable => executable;

        internal bool Allows(ulong linear, AccessKind kind, LinearTlb wanted) =>
            unchecked(linear - start) < bytes && ReferenceEquals(tlb, wanted)
            && kind switch
            {
                AccessKind.Read => true,
                AccessKind.Write => writable,
                _ => executable,
            };
    }

    const uint Translated = uint.MaxValue;

    // Returns the error code of a page fault, or Translated.
    uint Walk(ulong linear, AccessKind kind, bool user, ref Translation found)
    {
        PageWalks++;
        while (true)
        {
            uint error = (State.Cr4 & Cr4.PAE) == 0
                ? WalkLegacy((uint)linear, kind, user, ref found, out bool changed)
                : WalkWide(linear, kind, user, ref found, out changed);
            // An entry that changed under the walk is looked at again.
            if (!changed)
                return error;
        }
    }

    uint WalkWide(ulong linear, AccessKind kind, bool user, ref Translation found, out bool changed)
    {
        changed = false;
        int level;
        ulong table;
        if (IsLong)
        {
            level = (State.Cr4 & Cr4.LA57) != 0 ? 5 : 4;
            table = State.Cr3 & PageEntry.AddressMask;
        }
        else
        {
            // Loaded, and checked, when CR3 was.
            ulong pointer = State.Pdpte[(int)(linear >> 30) & 3];
            level = 2;
            table = pointer & PageEntry.AddressMask;
            if ((pointer & PageEntry.Present) == 0)
                return ErrorOf(kind, user);
        }

        ulong rights = PageEntry.Writable | PageEntry.User;
        bool executable = true;
        while (true)
        {
            int shift = Page.Shift + ((level - 1) * IndexBits);
            var at = new Gpa((table & _physicalAddressMask) + (((linear >> shift) & IndexMask) << 3));
            if (!Memory.TryRead(at, out ulong entry) || (entry & PageEntry.Present) == 0)
                return ErrorOf(kind, user);
            bool large = level is 2 or 3 && (entry & PageEntry.Large) != 0;
            if ((entry & ReservedBits(level, large, shift)) != 0)
                return ErrorOf(kind, user) | PageError.Protection | PageError.Reserved;
            rights &= entry;
            executable &= (entry & PageEntry.NoExecute) == 0;
            bool leaf = level == 1 || large;
            if (leaf && !IsAllowed(rights, executable, kind, user))
                return ErrorOf(kind, user) | PageError.Protection;

            ulong wanted = PageEntry.Accessed | (leaf && kind == AccessKind.Write ? PageEntry.Dirty : 0);
            if ((entry & wanted) != wanted && !TrySetBits(at, entry, entry | wanted, out changed))
                return 0;
            if (leaf)
            {
                ulong mask = (1UL << shift) - 1;
                found.Address = (entry & PageEntry.AddressMask & ~mask) | (linear & mask);
                found.Dirty = ((entry | wanted) & PageEntry.Dirty) != 0;
                found.Bytes = mask + 1;
                Describe(ref found, rights, executable, large);
                return Translated;
            }
            table = entry & PageEntry.AddressMask;
            level--;
        }
    }

    uint WalkLegacy(uint linear, AccessKind kind, bool user, ref Translation found, out bool changed)
    {
        changed = false;
        ulong table = State.Cr3 & 0xFFFF_F000;
        ulong rights = PageEntry.Writable | PageEntry.User;
        for (int level = 2; ; level--)
        {
            int shift = Page.Shift + ((level - 1) * LegacyIndexBits);
            var at = new Gpa(table + (((linear >> shift) & ((1 << LegacyIndexBits) - 1)) << 2));
            if (!Memory.TryRead(at, out uint entry) || (entry & PageEntry.Present) == 0)
                return ErrorOf(kind, user);
            bool large = level == 2 && (entry & PageEntry.Large) != 0 && (State.Cr4 & Cr4.PSE) != 0;
            // Bits 20:13 of a large page are bits 39:32 of its address; 21 is reserved.
            if (large && (entry & (1u << 21)) != 0)
                return ErrorOf(kind, user) | PageError.Protection | PageError.Reserved;
            rights &= entry;
            bool leaf = level == 1 || large;
            if (leaf && !IsAllowed(rights, executable: true, kind, user))
                return ErrorOf(kind, user) | PageError.Protection;

            uint wanted = (uint)(PageEntry.Accessed | (leaf && kind == AccessKind.Write ? PageEntry.Dirty : 0));
            if ((entry & wanted) != wanted && !TrySetBits(at, entry, entry | wanted, out changed))
                return 0;
            if (leaf)
            {
                ulong mask = (1UL << shift) - 1;
                ulong high = large ? (ulong)((entry >> 13) & 0xFF) << 32 : 0;
                found.Address = high | (entry & 0xFFFF_F000 & ~mask) | (linear & mask);
                found.Dirty = ((entry | wanted) & PageEntry.Dirty) != 0;
                found.Bytes = mask + 1;
                Describe(ref found, rights, executable: true, large);
                return Translated;
            }
            table = entry & 0xFFFF_F000;
        }
    }

    void Describe(ref Translation found, ulong rights, bool executable, bool large)
    {
        found.Writable = (rights & PageEntry.Writable) != 0;
        found.User = (rights & PageEntry.User) != 0;
        found.Executable = executable;
        _hasLargePages |= large;
    }

    // Read-only tables, which cannot take the bits, are used as they are.
    bool TrySetBits<T>(Gpa at, T entry, T value, out bool changed)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        changed = Memory.TryCompareExchange(at, value, entry, out T original) && original != entry;
        if (!changed)
            NoteStore(at.Value, sizeof(ulong));
        return !changed;
    }

    bool IsAllowed(ulong rights, bool executable, AccessKind kind, bool user)
    {
        bool userPage = (rights & PageEntry.User) != 0;
        if (user && !userPage)
            return false;
        if (kind == AccessKind.Execute)
            return executable && (user || !userPage || (State.Cr4 & Cr4.SMEP) == 0);
        if (!user && userPage && (State.Cr4 & Cr4.SMAP) != 0
            && (State.Cpl == 3 || (State.SystemFlags & RFlags.AC) == 0))
        {
            return false;
        }
        return kind == AccessKind.Read
            || (rights & PageEntry.Writable) != 0
            || (!user && (State.Cr0 & Cr0.WP) == 0);
    }

    ulong ReservedBits(int level, bool large, int shift)
    {
        ulong reserved = PageEntry.AddressMask & ~_physicalAddressMask;
        if ((State.Efer & Efer.NXE) == 0)
            reserved |= PageEntry.NoExecute;
        if (!IsLong)
            reserved |= PageEntry.IgnoredHigh;
        if (level >= 4)
            reserved |= PageEntry.Large;
        // Below the address of a large page there is one bit for its cache type.
        if (large)
            reserved |= ((1UL << shift) - 1) & ~((1UL << (Page.Shift + 1)) - 1);
        return reserved;
    }

    uint ErrorOf(AccessKind kind, bool user)
    {
        bool tellsFetches = (State.Efer & Efer.NXE) != 0 && (State.Cr4 & Cr4.PAE) != 0;
        return (kind == AccessKind.Write ? PageError.Write : 0)
            | (user ? PageError.User : 0)
            | (kind == AccessKind.Execute && (tellsFetches || (State.Cr4 & Cr4.SMEP) != 0) ? PageError.Fetch : 0);
    }
}
