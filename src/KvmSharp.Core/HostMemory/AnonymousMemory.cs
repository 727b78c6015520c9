using System;
using System.IO.MemoryMappedFiles;
using KvmSharp.Addresses;
using KvmSharp.HostMemory.Linux;

namespace KvmSharp.HostMemory;

/// <summary>Memory of this process alone, zero at first. The usual backing of a guest's RAM.</summary>
public sealed class AnonymousMemory : HostMapping
{
    AnonymousMemory(HvaRange range, PortableView? view, HostMappingFeatures features)
        : base(range, view, features, HostProtection.ReadWrite)
    {
    }

    static readonly object _advised = new();

    private protected override bool DiscardsByAdvice => IsLinux;

    internal override object DiscardGroup => IsLinux ? _advised : this;

    /// <summary>Maps memory. On Linux swap space is not reserved for it, so it may be larger than the machine.</summary>
    /// <param name="length">Bytes; a page multiple, not zero.</param>
    /// <param name="hugePages">A hint, which only Linux takes; <see cref="HostMapping.Features"/> says whether it did.</param>
    /// <exception cref="ArgumentException">The length is zero or not of whole pages.</exception>
    /// <exception cref="HostMemoryException">Linux refused.</exception>
    /// <exception cref="System.IO.IOException">Another system refused.</exception>
    public static AnonymousMemory Create(ulong length, HugePages hugePages = HugePages.Default)
    {
        RequirePages(length, nameof(length));
        if (!Enum.IsDefined(hugePages))
            throw new ArgumentOutOfRangeException(nameof(hugePages), hugePages, "not a huge page hint");
        if (!OperatingSystem.IsLinux())
            return CreatePortable(length);

        HostMappingFeatures features = HostMappingFeatures.LazilyPopulated | HostMappingFeatures.DiscardReturnsMemory
            | HostMappingFeatures.ProtectEnforcedByHost;
        HvaRange range = hugePages == HugePages.Prefer
            ? LinuxMemory.MapAnonymousAligned(length)
            : LinuxMemory.MapAnonymous(length);
        try
        {
            if (hugePages != HugePages.Default && LinuxMemory.TryHintHugePages(range, hugePages == HugePages.Prefer))
                features |= HostMappingFeatures.HugePageHint;
        }
        catch
        {
            LinuxMemory.Unmap(range);
            throw;
        }
        return new AnonymousMemory(range, null, features);
    }

    internal static AnonymousMemory CreatePortable(ulong length)
    {
        RequirePages(length, nameof(length));
        // The view keeps the memory; the file object only serves to make views.
        using var file = MemoryMappedFile.CreateNew(null, checked((long)length));
        var view = new PortableView(file, 0, length, MemoryMappedFileAccess.ReadWrite);
        return new AnonymousMemory(new HvaRange(view.Start, length), view, PortableView.Features);
    }

    internal override HvaRange FirstPopulated(HvaRange range) => IsLinux ? PageMap.FirstPopulated(range) : range;

    private protected override void DiscardInvalidated(HvaRange range)
    {
        if (IsLinux)
            LinuxMemory.Discard(range);
        else
            PortableView.Clear(range);
    }
}
