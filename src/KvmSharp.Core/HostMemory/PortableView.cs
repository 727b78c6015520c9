using System;
using System.IO.MemoryMappedFiles;
using KvmSharp.Addresses;

namespace KvmSharp.HostMemory;

/// <summary>Mapped memory as .NET offers it on every platform.</summary>
/// <remarks>The handle inside frees the memory of a view that was forgotten.</remarks>
sealed class PortableView : IDisposable
{
    /// <summary>What the portable form can do: the system populates pages when they are touched, no more.</summary>
    internal const HostMappingFeatures Features = HostMappingFeatures.LazilyPopulated;

    readonly MemoryMappedViewAccessor _accessor;

    internal unsafe PortableView(MemoryMappedFile file, ulong offset, ulong length, MemoryMappedFileAccess access)
    {
        _accessor = file.CreateViewAccessor(checked((long)offset), checked((long)length), access);
        byte* start = null;
        // SAFETY: the pointer is kept as a number only; the reference it takes is given back in Dispose().
        _accessor.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Start = new Hva((ulong)start + (ulong)_accessor.PointerOffset);
    }

    internal Hva Start { get; }

    /// <summary>Zeroes bytes of the view.</summary>
    internal static void Clear(HvaRange range)
    {
        for (Hva next = range.Start; next < range.End; next += (ulong)Span(next, range.End).Length)
            Span(next, range.End).Clear();
    }

    /// <summary>Copies what <paramref name="source"/> holds at its start over bytes of this view.</summary>
    internal static void Copy(PortableView source, HvaRange range)
    {
        for (Hva next = range.Start; next < range.End; next += (ulong)Span(next, range.End).Length)
        {
            Hva from = source.Start + (next - range.Start);
            Span(from, from + (range.End - next)).CopyTo(Span(next, range.End));
        }
    }

    public void Dispose()
    {
        _accessor.SafeMemoryMappedViewHandle.ReleasePointer();
        _accessor.Dispose();
    }

    static unsafe Span<byte> Span(Hva start, Hva end)
    {
        const ulong Most = 1UL << 30;
        // SAFETY: the callers pass ranges of views that somebody holds a reference to.
        return new Span<byte>((byte*)start.Value, (int)Math.Min(end - start, Most));
    }
}
