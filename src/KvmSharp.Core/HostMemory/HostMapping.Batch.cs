using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory.Linux;

namespace KvmSharp.HostMemory;

// Many extents at once.
public abstract partial class HostMapping
{
    /// <summary>
    /// Discards several extents, in any mappings. Extents that follow one another in the list and lie side by side in
    /// host memory, upwards or downwards, become one invalidation and one call to the host, where it allows that.
    /// </summary>
    /// <remarks>Every extent is checked before any is discarded. When the host refuses one, those before it are
    /// discarded already.</remarks>
    /// <param name="extents">The extents; none is allowed.</param>
    /// <exception cref="ArgumentException">An extent is empty, not of whole pages, or leaves its mapping.</exception>
    /// <exception cref="ObjectDisposedException">A mapping was disposed.</exception>
    /// <exception cref="NotSupportedException">A mapping is borrowed without the right to discard.</exception>
    /// <exception cref="HostMemoryException">The host refused.</exception>
    public static void Discard(ReadOnlySpan<HostExtent> extents)
    {
        int held = 0;
        try
        {
            for (; held < extents.Length; held++)
            {
                HostExtent extent = extents[held];
                if (extent.Mapping is null)
                    throw new ArgumentException($"extent {held} has no mapping", nameof(extents));
                extent.Mapping.Extent(extent.Offset, extent.Length);
                extent.Mapping.HoldForDiscard();
            }
            DiscardHeld(extents);
        }
        finally
        {
            while (held > 0)
                extents[--held].Mapping.ReleaseReference();
        }
    }

    /// <summary>Refuses what <see cref="Discard(ulong, ulong)"/> would refuse of a mapping's kind and rights.</summary>
    /// <exception cref="NotSupportedException">The memory cannot be discarded, or not by this process.</exception>
    internal void RequireDiscardable() => RequireDiscardAllowed();

    /// <summary>Discards pages of this mapping and of its neighbours in one <see cref="DiscardGroup"/>.</summary>
    /// <param name="range">Whole pages. The caller keeps the mappings mapped, and knows that they may be discarded.</param>
    internal void DiscardInGroup(HvaRange range)
    {
        if (DiscardsByAdvice)
            DiscardByAdvice(range);
        else
            DiscardHeld(range);
    }

    static void DiscardHeld(ReadOnlySpan<HostExtent> extents)
    {
        HvaRange pending = default;
        foreach (HostExtent extent in extents)
        {
            HvaRange range = extent.Mapping.Extent(extent.Offset, extent.Length);
            if (extent.Mapping.DiscardsByAdvice)
            {
                if (TryJoin(ref pending, range))
                    continue;
                DiscardByAdvice(pending);
                pending = range;
            }
            else
            {
                DiscardByAdvice(pending);
                pending = default;
                extent.Mapping.DiscardHeld(range);
            }
        }
        DiscardByAdvice(pending);
    }

    static bool TryJoin(ref HvaRange pending, HvaRange range)
    {
        if (pending.IsEmpty)
            pending = range;
        else if (range.Start == pending.End)
            pending = new HvaRange(pending.Start, pending.Length + range.Length);
        else if (range.End == pending.Start)
            pending = new HvaRange(range.Start, pending.Length + range.Length);
        else
            return false;
        return true;
    }

    static void DiscardByAdvice(HvaRange range)
    {
        if (range.IsEmpty || !OperatingSystem.IsLinux())
            return;
        using (HostInvalidation.Begin(range))
            LinuxMemory.Discard(range);
    }
}
