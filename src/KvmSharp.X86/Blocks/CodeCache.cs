using System.Collections.Generic;
using KvmSharp.Addresses;

namespace KvmSharp.X86.Blocks;

/// <summary>The code that one CPU has decoded, by the frame it lies in.</summary>
sealed class CodeCache(Cpu cpu)
{
    // What a guest can make the host keep: with more than that, everything is decoded anew.
    const int MaxPages = 1 << 14;
    internal const int MaxInstructions = 1 << 20;

    readonly Dictionary<ulong, CodePage> _pages = [];
    readonly BlockBuilder _builder = new();

    // Instructions decoded since everything was last forgotten.
    int _instructions;

    /// <summary>Blocks decoded, for counting.</summary>
    internal long Decoded { get; private set; }

    /// <summary>Pages whose blocks were thrown away because their bytes changed, for counting.</summary>
    internal long Invalidated { get; private set; }

    /// <summary>Instructions of the blocks that are kept.</summary>
    internal int KeptInstructions => _instructions;

    /// <summary>Whether code was decoded from the frame at this address.</summary>
    internal bool HasCode(ulong gpa) => _pages.Count != 0 && _pages.ContainsKey(gpa >> Page.Shift);

    /// <summary>The page of a frame, its bytes compared with memory if something may have changed them unseen.</summary>
    /// <returns>None when there is no memory to read there.</returns>
    internal CodePage? PageAt(ulong gpa)
    {
        var frame = new Gfn(gpa >> Page.Shift);
        if (_pages.TryGetValue(frame.Value, out CodePage? page))
        {
            if ((page.IsTracked && !page.IsStale && page.VerifiedAt == cpu.Memory.TlbFlushes) || Verify(page))
                return page;
            Drop(page);
        }
        return Add(frame);
    }

    /// <summary>Memory was written by this CPU.</summary>
    /// <returns>Whether that changed code: what was decoded is gone.</returns>
    internal bool NoteStore(ulong gpa, int bytes)
    {
        if (!_pages.TryGetValue(gpa >> Page.Shift, out CodePage? page))
            return false;
        if (!page.IsDecoded((int)(gpa & Page.OffsetMask), bytes))
        {
            page.IsStale = true;
            return false;
        }
        Drop(page);
        return true;
    }

    /// <summary>Somebody else has written a frame, or is about to: its page is compared before it is used again.</summary>
    internal void NoteForeignWrite(Gfn frame)
    {
        if (_pages.TryGetValue(frame.Value, out CodePage? page))
            page.IsTracked = false;
    }

    internal Block? Decode(CodePage page, int offset, BlockKey key, ulong rip)
    {
        Block? block = _builder.Build(page, offset, key, rip);
        if (block is not null)
            Keep(page, offset, key, block);
        return block;
    }

    internal Block DecodeCrossing(CodePage first, int offset, CodePage second, BlockKey key, ulong rip)
    {
        Block block = _builder.BuildCrossing(first, offset, second, key, rip);
        Keep(first, offset, key, block);
        return block;
    }

    internal void Drop(CodePage page)
    {
        _pages.Remove(page.Frame.Value);
        Invalidated++;
        cpu.ForgetLinks();
    }

    void Keep(CodePage page, int offset, BlockKey key, Block block)
    {
        Decoded++;
        page.Add(offset, key, block);
        _instructions += block.Instructions;
        if (_instructions > MaxInstructions)
            Clear();
    }

    // The block that runs goes on; it is looked up, and decoded, when it is next jumped to.
    void Clear()
    {
        _pages.Clear();
        _instructions = 0;
        cpu.ForgetLinks();
    }

    CodePage? Add(Gfn frame)
    {
        if (_pages.Count == MaxPages)
            Clear();
        var page = new CodePage(frame);
        if (!TryRead(page, page.Bytes))
            return null;
        _pages.Add(frame.Value, page);
        cpu.ProtectCode(frame.Base.Value);
        return page;
    }

    readonly byte[] _scratch = new byte[Page.Size];

    bool Verify(CodePage page) => TryRead(page, _scratch) && page.TryRefresh(_scratch);

    bool TryRead(CodePage page, byte[] bytes)
    {
        // Tracked first: what is written from here on is announced.
        page.IsTracked = true;
        cpu.Vcpu.Machine.WriteTracking.Track(cpu.Vcpu.AddressSpace, page.Frame);
        // A flush that comes while the page is read is seen as one after it.
        long flushes;
        do
        {
            flushes = cpu.Memory.TlbFlushes;
            if (!cpu.Memory.TryRead(page.Frame.Base, bytes, out _))
                return false;
        }
        while (flushes != cpu.Memory.TlbFlushes);
        page.VerifiedAt = flushes;
        return true;
    }
}
