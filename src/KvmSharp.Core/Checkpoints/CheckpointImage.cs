using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;

namespace KvmSharp.Checkpoints;

/// <summary>
/// The pages of a checkpoint: those that differ from the parent's, in shared memory that is as long as the whole and
/// populated only there. Without a parent, a page that is not present is zero.
/// </summary>
/// <remarks>
/// Filled by one thread before anybody else sees it, and never changed afterwards. Counted: its checkpoint holds it, and so
/// does each child.
/// </remarks>
sealed class CheckpointImage
{
    readonly SharedMemory? _memory;
    readonly DirtyBitmap? _present;

    // Changed with Interlocked only.
    int _references = 1;

    internal CheckpointImage(ulong pageCount, CheckpointImage? parent)
    {
        PageCount = pageCount;
        if (pageCount != 0)
        {
            _present = new DirtyBitmap(pageCount, initiallySet: false);
            _memory = SharedMemory.Create(pageCount << Page.Shift, "kvmsharp-checkpoint");
        }
        Parent = parent;
        parent?.AddReference();
    }

    internal ulong PageCount { get; }

    internal CheckpointImage? Parent { get; }

    /// <summary>Pages that differ from the parent's.</summary>
    internal ulong PresentCount => _present?.MarkedCount ?? 0;

    /// <summary>The runs of pages that differ from the parent's.</summary>
    internal DirtyRuns Present => _present?.Runs ?? default;

    internal void AddReference() => Interlocked.Increment(ref _references);

    internal void Release()
    {
        if (Interlocked.Decrement(ref _references) != 0)
            return;
        _memory?.Dispose();
        Parent?.Release();
    }

    /// <summary>The content of pages that differ from the parent's.</summary>
    internal Span<byte> PagesAt(ulong page, int count) => _memory!.AsSpan(page << Page.Shift, count << Page.Shift);

    /// <summary>Says that pages are zero here and are not, or may not be, in the parent.</summary>
    internal void AddZeros(ulong page, ulong count)
    {
        if (Parent is not null)
            _present!.MarkRange(page, count);
    }

    /// <summary>Says that pages, which <see cref="PagesAt"/> was used to fill, differ from the parent's.</summary>
    internal void AddFilled(ulong page, ulong count) => _present!.MarkRange(page, count);

    /// <summary>Takes pages over from the memory of a machine.</summary>
    internal void Capture(ulong page, Hva from, ulong count)
    {
        if (count == 0)
            return;
        // Each page is looked at once: where it ends a run it begins the next.
        ulong start = 0;
        bool isZero = HostCopy.IsZeroPage(from);
        for (ulong at = 1; at < count; at++)
        {
            if (HostCopy.IsZeroPage(from + (at << Page.Shift)) == isZero)
                continue;
            CaptureRun(page + start, from + (start << Page.Shift), at - start, isZero);
            start = at;
            isZero = !isZero;
        }
        CaptureRun(page + start, from + (start << Page.Shift), count - start, isZero);
    }

    void CaptureRun(ulong page, Hva from, ulong count, bool isZero)
    {
        if (isZero)
            AddZeros(page, count);
        else
            Fill(page, from, count);
    }

    void Fill(ulong page, Hva from, ulong count)
    {
        if (_memory!.File is { } file)
            HostCopy.CopyToFile(from, count << Page.Shift, file, page << Page.Shift);
        else
            HostCopy.Copy(from, AddressOf(page), count << Page.Shift);
        _present!.MarkRange(page, count);
    }

    /// <summary>Brings pages back into the memory of a machine.</summary>
    internal void CopyTo(ulong page, Hva to, ulong count)
    {
        while (count != 0)
        {
            CheckpointImage? holder = FindRun(page, count, out ulong run);
            if (holder is null)
                ClearRun(to, run);
            else
                HostCopy.Copy(holder.AddressOf(page), to, run << Page.Shift);
            page += run;
            to += run << Page.Shift;
            count -= run;
        }
    }

    /// <summary>Maps all pages, so that what is stored there stays there.</summary>
    /// <returns>The mapping; none when there are no pages.</returns>
    internal CopyOnWriteMemory? MapCopy()
    {
        if (_memory is null)
            return null;
        CheckpointImage oldest = this;
        while (oldest.Parent is { } parent)
            oldest = parent;
        CopyOnWriteMemory copy = oldest._memory!.MapCopyOnWrite();
        try
        {
            Overlay(copy.Start);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    // What differs from the oldest image, the younger over the older.
    void Overlay(Hva to)
    {
        if (Parent is null)
            return;
        Parent.Overlay(to);
        foreach ((ulong page, ulong count) in Present)
            HostCopy.Copy(AddressOf(page), to + (page << Page.Shift), count << Page.Shift);
    }

    // The youngest image that holds a page, and for how many pages that is so; none for zeros.
    CheckpointImage? FindRun(ulong page, ulong most, out ulong count)
    {
        CheckpointImage? holder = Holder(page);
        count = 1;
        while (count < most && ReferenceEquals(Holder(page + count), holder))
            count++;
        return holder;
    }

    CheckpointImage? Holder(ulong page)
    {
        for (CheckpointImage? image = this; image is not null; image = image.Parent)
        {
            if (image._present!.IsMarked(page))
                return image;
        }
        return null;
    }

    // A page that is zero already is left alone: it may have no memory behind it.
    static void ClearRun(Hva to, ulong count)
    {
        for (; count != 0; count--, to += Page.Size)
        {
            if (!HostCopy.IsZeroPage(to))
                HostCopy.Clear(to, Page.Size);
        }
    }

    Hva AddressOf(ulong page) => _memory!.Start + (page << Page.Shift);
}
