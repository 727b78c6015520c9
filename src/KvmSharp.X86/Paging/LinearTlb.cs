using System;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;

namespace KvmSharp.X86.Paging;

/// <summary>Translations of linear pages that a CPU has at hand, for supervisor or for user accesses. Direct-mapped.</summary>
/// <remarks>
/// Pages side by side never share an entry, so an access that crosses a page compares the page of its last byte with an
/// entry that cannot hold it, and misses.
/// </remarks>
sealed class LinearTlb
{
    const int Entries = 1024;

    EntryTable _entries;
    bool _used = true;

    internal LinearTlb() => Clear();

    /// <summary>The entry where a page's translation is, if it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref TlbEntry At(ulong linear) => ref _entries[(int)(linear >> Page.Shift) & (Entries - 1)];

    /// <summary>The entry of a page, to be filled.</summary>
    internal ref TlbEntry Fill(ulong linear)
    {
        _used = true;
        return ref At(linear);
    }

    internal void Clear()
    {
        if (!_used)
            return;
        ((Span<TlbEntry>)_entries).Fill(new TlbEntry { Read = TlbEntry.None, Write = TlbEntry.None, Execute = TlbEntry.None });
        _used = false;
    }

    /// <summary>Forgets one page.</summary>
    internal void Clear(ulong linear)
    {
        ref TlbEntry entry = ref At(linear);
        entry.Read = entry.Write = entry.Execute = TlbEntry.None;
    }

    /// <summary>Makes the next write to a frame, through whatever linear page, take the long way.</summary>
    internal void ProtectFrame(ulong frameAddress)
    {
        foreach (ref TlbEntry entry in (Span<TlbEntry>)_entries)
        {
            if (entry.Write != TlbEntry.None && entry.Write + entry.Addend == frameAddress)
                entry.Write = TlbEntry.None;
        }
    }

    // Inside the object: of a length that the compiler knows, so that a masked index needs no check.
    [InlineArray(Entries)]
    struct EntryTable
    {
        TlbEntry _first;
    }
}
