using System;
using KvmSharp.Slots;

namespace KvmSharp.DirtyLog;

// KVM's calls on bitmaps, one slot at a time.
partial class DirtyTracking
{
    /// <summary>The 64-bit words that a slot's flat bitmap takes.</summary>
    /// <param name="pageCount">Pages in the slot.</param>
    public static int WordsFor(ulong pageCount) => checked((int)((pageCount + 63) / 64));

    /// <summary>
    /// Reads the log of a slot, and unless <see cref="DirtyLogModes.ManualProtect"/> is set, clears it:
    /// <c>KVM_GET_DIRTY_LOG</c>.
    /// </summary>
    /// <param name="id">The slot.</param>
    /// <param name="bitmap">A bit for each page; <see cref="WordsFor"/> words are written, no more.</param>
    /// <param name="space">The address space.</param>
    /// <returns>
    /// <see cref="KvmErrno.ENXIO"/>: the machine records in rings. <see cref="KvmErrno.EINVAL"/>: no such address space,
    /// or not a user's id. <see cref="KvmErrno.ENOENT"/>: no such slot, or it is not logged.
    /// <see cref="KvmErrno.EFAULT"/>: the bitmap is too short – what was to be cleared is cleared all the same, and lost,
    /// as in KVM.
    /// </returns>
    public KvmErrno TryGetLog(SlotId id, Span<ulong> bitmap, AddressSpaceId space = default)
    {
        ThrowIfInside();
        lock (SlotsLock)
        {
            KvmErrno errno = CheckSlot(id, space);
            if (errno != KvmErrno.None)
                return errno;
            if (!TryFindLog(id, space, out MemorySlot? slot, out DirtyBitmap? log))
                return KvmErrno.ENOENT;
            Span<ulong> words = bitmap[..Math.Min(bitmap.Length, log.WordCount)];
            words.Clear();
            var copy = new FlatCopy(words);
            if ((Modes & DirtyLogModes.ManualProtect) != 0)
            {
                log.ForKvmOrNone?.Visit(ref copy);
                log.Visit(ref copy);
            }
            else
            {
                DrainForKvm(slot, log, copy);
            }
            return bitmap.Length < log.WordCount ? KvmErrno.EFAULT : KvmErrno.None;
        }
    }

    /// <summary>Clears bits of a slot's log, whether or not <see cref="DirtyLogModes.ManualProtect"/> is set:
    /// <c>KVM_CLEAR_DIRTY_LOG</c>.</summary>
    /// <param name="id">The slot.</param>
    /// <param name="firstPage">The page of bit 0: a multiple of 64, at most the slot's pages.</param>
    /// <param name="pageCount">Pages: a multiple of 64, or up to the slot's end; zero is allowed.</param>
    /// <param name="bitmap">The bits to clear; those past the slot's end mean nothing.</param>
    /// <param name="space">The address space.</param>
    /// <returns>
    /// As for <see cref="TryGetLog"/>; <see cref="KvmErrno.EINVAL"/> also for pages that are not as said, and
    /// <see cref="KvmErrno.EFAULT"/> for a bitmap that is too short: nothing is cleared then.
    /// </returns>
    public KvmErrno TryClearLog(
        SlotId id, ulong firstPage, uint pageCount, ReadOnlySpan<ulong> bitmap, AddressSpaceId space = default)
    {
        ThrowIfInside();
        lock (SlotsLock)
        {
            KvmErrno errno = CheckSlot(id, space);
            if (errno != KvmErrno.None)
                return errno;
            if ((firstPage & (DirtyBitmap.PagesPerWord - 1)) != 0)
                return KvmErrno.EINVAL;
            if (!TryFindLog(id, space, out MemorySlot? slot, out DirtyBitmap? log))
                return KvmErrno.ENOENT;
            if (firstPage > log.PageCount || pageCount > log.PageCount - firstPage
                || (pageCount < log.PageCount - firstPage && (pageCount & (DirtyBitmap.PagesPerWord - 1)) != 0))
            {
                return KvmErrno.EINVAL;
            }
            int words = WordsFor(pageCount);
            if (bitmap.Length < words)
                return KvmErrno.EFAULT;
            ClearForKvm(slot, log, (int)(firstPage / DirtyBitmap.PagesPerWord), bitmap[..words]);
            return KvmErrno.None;
        }
    }

    void DrainForKvm(MemorySlot slot, DirtyBitmap log, FlatCopy copy)
    {
        log.ForKvmOrNone?.Drain(ref copy);
        if (log.IsEmpty)
            return;
        var clearing = new Clearing(_machine.Mmu.Rearm(), _consumers, copy, forKvm: false);
        try
        {
            clearing.Drain(slot, log);
        }
        finally
        {
            clearing.Dispose();
        }
    }

    void ClearForKvm(MemorySlot slot, DirtyBitmap log, int firstWord, ReadOnlySpan<ulong> bitmap)
    {
        int next = bitmap.IndexOfAnyExcept(0UL);
        if (next < 0)
            return;
        var clearing = new Clearing(_machine.Mmu.Rearm(), _consumers, flat: default, forKvm: false);
        try
        {
            for (; next < bitmap.Length; next++)
            {
                if (bitmap[next] == 0)
                    continue;
                log.ForKvmOrNone?.Take(firstWord + next, bitmap[next]);
                clearing.Take(slot, log, firstWord + next, bitmap[next]);
            }
        }
        finally
        {
            clearing.Dispose();
        }
    }

    // Writes KVM's flat bitmap. A bitmap that is too short gets what fits; one that there is not, nothing.
    readonly ref struct FlatCopy(Span<ulong> words) : IDirtySink
    {
        readonly Span<ulong> _words = words;

        public void AddWord(ulong firstPage, ulong bits)
        {
            if (firstPage / DirtyBitmap.PagesPerWord < (ulong)_words.Length)
                _words[(int)(firstPage / DirtyBitmap.PagesPerWord)] |= bits;
        }

        public void AddRun(ulong firstPage, ulong count)
        {
            for (; count >= DirtyBitmap.PagesPerWord; firstPage += DirtyBitmap.PagesPerWord, count -= DirtyBitmap.PagesPerWord)
                AddWord(firstPage, ulong.MaxValue);
            if (count != 0)
                AddWord(firstPage, (1UL << (int)count) - 1);
        }
    }
}
