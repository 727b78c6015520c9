using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory.Linux;

namespace KvmSharp.HostMemory;

/// <summary>
/// Host memory that somebody else owns. The real owner keeps it mapped until this object is disposed and no slot holds
/// it, and brackets whatever it does to the mapping with <see cref="Invalidate"/>.
/// </summary>
public sealed class BorrowedMemory : HostMapping
{
    readonly BorrowedMemoryRights _rights;

    /// <summary>Borrows memory.</summary>
    /// <param name="start">The first byte, on a page boundary. Not zero.</param>
    /// <param name="length">Bytes; a page multiple, not zero.</param>
    /// <param name="rights">What may be asked of the host; only Linux can grant any.</param>
    /// <param name="protection">What may be done with the memory now.</param>
    /// <remarks>Safety: the memory is mapped now, with at least this protection. Nothing checks it.</remarks>
    /// <exception cref="ArgumentException">The range is empty, not of whole pages, or starts at zero.</exception>
    public BorrowedMemory(
        Hva start,
        ulong length,
        BorrowedMemoryRights rights = BorrowedMemoryRights.None,
        HostProtection protection = HostProtection.ReadWrite)
        : base(CheckedRange(start, length), null, FeaturesOf(rights), protection)
    {
        _rights = rights;
        // There is nothing to free.
        GC.SuppressFinalize(this);
    }

    private protected override bool DiscardsByAdvice => true;

    /// <summary>Lets the real owner change what lies in the range – unmap it, map something else, protect it – while
    /// nobody translates to it.</summary>
    /// <param name="offset">Bytes from the start; a page multiple.</param>
    /// <param name="length">Bytes; a page multiple, not zero.</param>
    /// <param name="change">The change. What it throws goes on to the caller, after the end of the invalidation.</param>
    /// <remarks>The protection on record stays: give away pages that are about to go with slots that cover them.</remarks>
    /// <exception cref="ArgumentException">The extent is empty, not of whole pages, or leaves the mapping.</exception>
    public void Invalidate(ulong offset, ulong length, Action change)
    {
        ArgumentNullException.ThrowIfNull(change);
        using (HostInvalidation.Begin(Extent(offset, length)))
            change();
    }

    private protected override void RequireDiscardAllowed() => Require(BorrowedMemoryRights.Discard);

    private protected override void RequireProtectAllowed() => Require(BorrowedMemoryRights.Protect);

    private protected override void DiscardInvalidated(HvaRange range)
    {
        if (OperatingSystem.IsLinux())
            LinuxMemory.Discard(range);
    }

    private protected override void Unmap(bool finalizing)
    {
        // The real owner does.
    }

    void Require(BorrowedMemoryRights right)
    {
        if (!_rights.HasFlag(right))
            throw new NotSupportedException($"{this} was borrowed without the right to {right}");
        if (!OperatingSystem.IsLinux())
            throw new NotSupportedException($"this platform cannot {right} borrowed memory");
    }

    static HvaRange CheckedRange(Hva start, ulong length)
    {
        RequirePages(length, nameof(length));
        if (start == default || !start.IsPageAligned)
            throw new ArgumentException($"{start} is not the address of a page", nameof(start));
        return new HvaRange(start, length);
    }

    static HostMappingFeatures FeaturesOf(BorrowedMemoryRights rights)
    {
        HostMappingFeatures features = HostMappingFeatures.None;
        if (OperatingSystem.IsLinux() && rights.HasFlag(BorrowedMemoryRights.Discard))
            features |= HostMappingFeatures.DiscardReturnsMemory;
        if (OperatingSystem.IsLinux() && rights.HasFlag(BorrowedMemoryRights.Protect))
            features |= HostMappingFeatures.ProtectEnforcedByHost;
        return features;
    }
}
