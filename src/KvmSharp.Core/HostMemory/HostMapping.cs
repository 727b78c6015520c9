using System;
using System.Runtime.ConstrainedExecution;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory.Linux;

namespace KvmSharp.HostMemory;

/// <summary>
/// An owner of a page-aligned range of host memory. It is mapped from construction until its last reference goes:
/// the owner's own, which <see cref="Dispose"/> gives up, and one for each memory slot that lies in it.
/// </summary>
/// <remarks>
/// Members may be called from any thread. Everything that changes what lies at an address – discarding, protecting –
/// is announced through <see cref="HostInvalidation"/> and is refused after <see cref="Dispose"/>. Call such members
/// without locks that a listener takes.
/// </remarks>
// A critical finalizer runs after the ordinary ones, which may still release references.
public abstract partial class HostMapping : CriticalFinalizerObject, IDisposable
{
    // mprotect() excludes itself in the whole process anyway, so one lock for all mappings costs little. Held while
    // listeners are called, which never change protections.
    static readonly Lock _changingProtection = new();

    readonly HvaRange _range;
    readonly PortableView? _view;
    readonly HostMappingFeatures _features;
    readonly HostProtection _initialProtection;

    // Written under _changingProtection, read anywhere with Volatile.Read. See ProtectionRuns.
    ulong[]? _protections;

    private protected HostMapping(
        HvaRange range, PortableView? view, HostMappingFeatures features, HostProtection initialProtection)
    {
        _range = range;
        _view = view;
        _features = features;
        _initialProtection = initialProtection;
    }

    /// <summary>Where the memory lies in this process.</summary>
    public HvaRange Range => _range;

    /// <summary>The first byte.</summary>
    public Hva Start => _range.Start;

    /// <summary>Bytes in the mapping: a page multiple, not zero.</summary>
    public ulong Length => _range.Length;

    /// <summary>What the platform does for this mapping.</summary>
    public HostMappingFeatures Features => _features;

    /// <summary>Whether the host's own calls are behind the mapping, rather than what .NET offers everywhere.</summary>
    [SupportedOSPlatformGuard("linux")]
    private protected bool IsLinux => _view is null && OperatingSystem.IsLinux();

    private protected PortableView? View => _view;

    private protected virtual HostProtection GreatestProtection => HostProtection.ReadWrite;

    /// <summary>Whether discarding is one MADV_DONTNEED, which may reach over the border of two mappings.</summary>
    private protected virtual bool DiscardsByAdvice => false;

    /// <summary>
    /// What mappings share whose neighbouring pages one discard may take together, wherever one mapping ends; a mapping by
    /// itself unless it says more.
    /// </summary>
    internal virtual object DiscardGroup => this;

    /// <summary>Drops the content of pages, and where the platform can, the memory behind them.</summary>
    /// <remarks>
    /// What is read afterwards: zero from anonymous and shared memory and from a file mapped
    /// <see cref="FileMemoryAccess.Shared"/>, where the file itself gets a hole; the file's content from a file mapped
    /// otherwise. The range is invalidated around the change, and so is every other mapping of the same
    /// <see cref="SharedMemory"/>.
    /// </remarks>
    /// <param name="offset">Bytes from the start; a page multiple.</param>
    /// <param name="length">Bytes; a page multiple, not zero.</param>
    /// <exception cref="ArgumentException">The extent is empty, not of whole pages, or leaves the mapping.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    /// <exception cref="NotSupportedException">The memory is borrowed without the right to discard.</exception>
    /// <exception cref="HostMemoryException">The host refused.</exception>
    public void Discard(ulong offset, ulong length)
    {
        HvaRange range = Extent(offset, length);
        HoldForDiscard();
        try
        {
            DiscardHeld(range);
        }
        finally
        {
            ReleaseReference();
        }
    }

    /// <summary>Sets what may be done with pages, and records it for <see cref="ProtectionAt"/>.</summary>
    /// <remarks>
    /// The range is invalidated around the change, whether it takes rights or gives them, as the kernel does. The new
    /// protection is on record before the invalidation ends. When the host refuses, the old protection stands.
    /// </remarks>
    /// <param name="offset">Bytes from the start; a page multiple.</param>
    /// <param name="length">Bytes; a page multiple, not zero.</param>
    /// <param name="protection">What shall be allowed.</param>
    /// <exception cref="ArgumentException">The extent is empty, not of whole pages, or leaves the mapping; or the
    /// protection is none of the named ones.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    /// <exception cref="NotSupportedException">The memory cannot have this protection (a file opened for reading), or is
    /// borrowed without the right to protect.</exception>
    /// <exception cref="HostMemoryException">The host refused.</exception>
    public void Protect(ulong offset, ulong length, HostProtection protection)
    {
        HvaRange range = Extent(offset, length);
        if (protection is not (HostProtection.None or HostProtection.Read or HostProtection.ReadWrite))
            throw new ArgumentOutOfRangeException(nameof(protection), protection, "not a protection");
        RequireProtectAllowed();
        if (protection > GreatestProtection)
            throw new NotSupportedException($"{this} can be no more than {GreatestProtection}, not {protection}");

        HoldUndisposed();
        try
        {
            lock (_changingProtection)
            {
                ulong[]? before = Volatile.Read(ref _protections);
                // Rights that go are off the record before anybody is waited for: who looks later does not use them.
                NarrowLocked(range, protection);
                try
                {
                    using (HostInvalidation.Begin(range))
                        ProtectLocked(offset, range, protection);
                }
                catch
                {
                    Volatile.Write(ref _protections, before);
                    throw;
                }
            }
        }
        finally
        {
            ReleaseReference();
        }
    }

    /// <summary>The protection on record at an address.</summary>
    /// <remarks>Takes no lock. Valid until an invalidation of the range begins; may be called after disposal.</remarks>
    /// <param name="hva">An address in the mapping.</param>
    /// <param name="uniform">The largest range around the address with the same protection, in whole pages.</param>
    /// <exception cref="ArgumentOutOfRangeException">The address is not in the mapping.</exception>
    public HostProtection ProtectionAt(Hva hva, out HvaRange uniform)
    {
        if (!_range.Contains(hva))
            throw new ArgumentOutOfRangeException(nameof(hva), $"{hva} is not in {_range}");

        // Pairs with ProtectLocked(): the array is complete before it is seen.
        ulong[]? protections = Volatile.Read(ref _protections);
        if (protections is null)
        {
            uniform = _range;
            return _initialProtection;
        }
        HostProtection found = ProtectionRuns.Find(protections, Length, hva - Start, out ulong start, out ulong end);
        uniform = new HvaRange(Start + start, end - start);
        return found;
    }

    /// <summary>The kind of mapping and where it lies.</summary>
    public override string ToString() => $"{GetType().Name} {_range}";

    private protected virtual void RequireDiscardAllowed()
    {
    }

    private protected virtual void RequireProtectAllowed()
    {
    }

    /// <summary>Invalidates and discards. The caller holds a reference.</summary>
    private protected virtual void DiscardHeld(HvaRange range)
    {
        using (HostInvalidation.Begin(range))
            DiscardInvalidated(range);
    }

    private protected abstract void DiscardInvalidated(HvaRange range);

    private protected HvaRange Extent(ulong offset, ulong length)
    {
        RequirePages(length, nameof(length));
        if (!Page.IsAligned(offset))
            throw new ArgumentException($"0x{offset:x} is not a multiple of the page size", nameof(offset));
        if (offset > Length || length > Length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), $"0x{offset:x} + 0x{length:x} leaves {this}");
        return new HvaRange(Start + offset, length);
    }

    /// <summary>Refuses a byte count that is zero, not of whole pages, or negative to a system call.</summary>
    private protected static void RequirePages(ulong length, string name)
    {
        if (length == 0 || !Page.IsAligned(length))
            throw new ArgumentException($"0x{length:x} is not a non-zero multiple of the page size", name);
        if (length > long.MaxValue)
            throw new ArgumentOutOfRangeException(name, $"0x{length:x} is more than an address space holds");
    }

    // Records the lesser of the old and the new protection, page run by page run.
    void NarrowLocked(HvaRange range, HostProtection protection)
    {
        ulong[]? runs = _protections;
        Hva next = range.Start;
        while (next < range.End)
        {
            HostProtection old = ProtectionAt(next, out HvaRange uniform);
            Hva end = uniform.End < range.End ? uniform.End : range.End;
            if (protection < old)
                runs = ProtectionRuns.Replace(runs, Length, _initialProtection, next - Start, end - next, protection);
            next = end;
        }
        // Pairs with ProtectionAt().
        Volatile.Write(ref _protections, runs);
    }

    void ProtectLocked(ulong offset, HvaRange range, HostProtection protection)
    {
        if (_features.HasFlag(HostMappingFeatures.ProtectEnforcedByHost) && OperatingSystem.IsLinux())
        {
            try
            {
                LinuxMemory.Protect(range, protection);
            }
            catch (HostMemoryException)
            {
                // The kernel may have come part of the way before it ran out of areas.
                RestoreProtections(range);
                throw;
            }
        }

        ulong[]? runs = ProtectionRuns.Replace(
            _protections, Length, _initialProtection, offset, range.Length, protection);
        // Pairs with ProtectionAt(). The invalidation has not ended, so a fault that still saw the old one retries.
        Volatile.Write(ref _protections, runs);
    }

    [SupportedOSPlatform("linux")]
    void RestoreProtections(HvaRange range)
    {
        Hva next = range.Start;
        while (next < range.End)
        {
            HostProtection protection = ProtectionAt(next, out HvaRange uniform);
            Hva end = uniform.End < range.End ? uniform.End : range.End;
            LinuxMemory.TryProtect(new HvaRange(next, end - next), protection);
            next = end;
        }
    }
}
