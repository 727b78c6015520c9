using System;
using System.IO.MemoryMappedFiles;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory.Linux;
using Microsoft.Win32.SafeHandles;

namespace KvmSharp.HostMemory;

/// <summary>What the mappings of one <see cref="SharedMemory"/> share: the file, and the list of where it is mapped.</summary>
sealed class SharedObject
{
    // Ranges of one discard that fit on the stack.
    const int FewAliases = 16;

    // Guards the list and, with it, the hole: no mapping appears between an invalidation and its change. A leaf.
    readonly Lock _changing = new();
    readonly MemoryMappedFile? _portableFile;

    // Written under _changing, read anywhere with Volatile.Read; never changed in place.
    Hva[] _aliases = [];

    SharedObject(ulong length, HostMappingFeatures features, SafeFileHandle? file, MemoryMappedFile? portableFile)
    {
        Length = length;
        Features = features;
        File = file;
        _portableFile = portableFile;
    }

    internal ulong Length { get; }

    internal HostMappingFeatures Features { get; }

    internal SafeFileHandle? File { get; }

    [SupportedOSPlatformGuard("linux")]
    bool IsLinux => _portableFile is null;

    [SupportedOSPlatform("linux")]
    internal static SharedObject CreateLinux(ulong length, string name)
    {
        const HostMappingFeatures Features = HostMappingFeatures.LazilyPopulated
            | HostMappingFeatures.DiscardReturnsMemory | HostMappingFeatures.ProtectEnforcedByHost
            | HostMappingFeatures.SharedBetweenProcesses;
        return new SharedObject(length, Features, LinuxMemory.CreateMemoryFile(name, length), null);
    }

    internal static SharedObject CreatePortable(ulong length) =>
        new(length, PortableView.Features, null, MemoryMappedFile.CreateNew(null, checked((long)length)));

    /// <summary>Maps the memory and puts the mapping on the list.</summary>
    internal Hva Map(out PortableView? view)
    {
        view = IsLinux ? null : new PortableView(_portableFile!, 0, Length, MemoryMappedFileAccess.ReadWrite);
        Hva start = IsLinux
            ? LinuxMemory.MapFile(File!, 0, Length, FileMemoryAccess.Shared).Start
            : view!.Start;
        lock (_changing)
            Volatile.Write(ref _aliases, [.. _aliases, start]);
        return start;
    }

    /// <summary>Maps the memory so that stores stay with the mapping. It is on no list: a discard is not for it.</summary>
    internal Hva MapCopyOnWrite(out PortableView? view)
    {
        view = IsLinux ? null : new PortableView(_portableFile!, 0, Length, MemoryMappedFileAccess.CopyOnWrite);
        return IsLinux ? LinuxMemory.MapFile(File!, 0, Length, FileMemoryAccess.Private).Start : view!.Start;
    }

    /// <summary>Takes a mapping off the list; the last one closes the file.</summary>
    internal void Remove(Hva start, bool finalizing)
    {
        bool isLast;
        lock (_changing)
        {
            Volatile.Write(ref _aliases, Array.FindAll(_aliases, alias => alias != start));
            isLast = _aliases.Length == 0;
        }
        // In a finalizer the files are being finalized by themselves.
        if (isLast && !finalizing)
            Close();
    }

    internal void Close()
    {
        File?.Dispose();
        _portableFile?.Dispose();
    }

    /// <summary>Invalidates the extent in every mapping and discards it.</summary>
    /// <param name="offset">Bytes from the start of the memory.</param>
    /// <param name="range">The extent in a mapping that the caller holds a reference to.</param>
    internal void Discard(ulong offset, HvaRange range)
    {
        while (!TryDiscard(Volatile.Read(ref _aliases), offset, range))
        {
            // A mapping came or went meanwhile; a new one has to be invalidated too.
        }
    }

    bool TryDiscard(Hva[] aliases, ulong offset, HvaRange range)
    {
        Span<HvaRange> ranges = aliases.Length <= FewAliases
            ? stackalloc HvaRange[FewAliases]
            : new HvaRange[aliases.Length];
        ranges = ranges[..aliases.Length];
        for (int index = 0; index < ranges.Length; index++)
            ranges[index] = new HvaRange(aliases[index] + offset, range.Length);

        using HostInvalidationScope invalidation = HostInvalidation.Begin(ranges);
        lock (_changing)
        {
            if (_aliases != aliases)
                return false;
            if (IsLinux)
                LinuxMemory.PunchHole(File!, offset, range.Length);
            else
                PortableView.Clear(range);
            return true;
        }
    }
}
