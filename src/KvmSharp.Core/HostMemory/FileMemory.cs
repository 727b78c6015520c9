using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using KvmSharp.Addresses;
using KvmSharp.HostMemory.Linux;
using Microsoft.Win32.SafeHandles;

namespace KvmSharp.HostMemory;

/// <summary>A part of a file as memory.</summary>
/// <remarks>
/// Nobody may cut the file short while it is mapped: touching a page beyond its end kills the process on Linux. Bytes
/// after the end of the file in its last page read as zero and are not kept. Other mappings of the same file are not
/// invalidated by a discard in this one; their content still follows.
/// </remarks>
public sealed class FileMemory : HostMapping
{
    // The file, kept where a discard needs it: to punch holes, or to read the content again.
    readonly SafeFileHandle? _file;
    readonly MemoryMappedFile? _portableFile;
    readonly ulong _fileOffset;

    FileMemory(HvaRange range, FileMemoryAccess access, ulong offset, HostMappingFeatures features, SafeFileHandle? file)
        : base(range, null, features, InitialProtection(access))
    {
        Access = access;
        _fileOffset = offset;
        _file = file;
    }

    FileMemory(HvaRange range, PortableView view, FileMemoryAccess access, ulong offset, MemoryMappedFile file)
        : base(range, view, PortableFeatures(access), InitialProtection(access))
    {
        Access = access;
        _fileOffset = offset;
        _portableFile = file;
    }

    /// <summary>How the file is mapped.</summary>
    public FileMemoryAccess Access { get; }

    private protected override HostProtection GreatestProtection => InitialProtection(Access);

    private protected override bool DiscardsByAdvice => IsLinux && Access != FileMemoryAccess.Shared;

    /// <summary>Maps a part of a file. The protection is at first all that the access allows.</summary>
    /// <param name="path">The file; it must exist.</param>
    /// <param name="offset">Bytes from the start of the file; a page multiple.</param>
    /// <param name="length">Bytes; a page multiple, not zero. The file must reach into the last page.</param>
    /// <param name="access">What is done with the file.</param>
    /// <exception cref="ArgumentException">Offset or length is not of whole pages, or beyond the file's end.</exception>
    /// <exception cref="IOException">The file could not be opened or mapped.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be opened so.</exception>
    public static FileMemory Open(string path, ulong offset, ulong length, FileMemoryAccess access)
    {
        SafeFileHandle file = OpenFile(path, offset, length, access, out ulong fileLength);
        return MapChecked(file, fileLength, offset, length, access);
    }

    /// <summary>Maps a part of a file that is open. The protection is at first all that the access allows.</summary>
    /// <param name="file">The file, which is closed with the mapping, or when there will be none.</param>
    /// <param name="offset">Bytes from the start of the file; a page multiple.</param>
    /// <param name="length">
    /// Bytes; a page multiple, not zero. The file must reach into the last page, for which the caller answers where the file
    /// does not tell its length.
    /// </param>
    /// <param name="access">What is done with the file.</param>
    /// <exception cref="ArgumentException">Offset or length is not of whole pages, or beyond the file's end.</exception>
    /// <exception cref="IOException">The file could not be mapped.</exception>
    public static FileMemory Map(SafeFileHandle file, ulong offset, ulong length, FileMemoryAccess access)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            RequireExtent(offset, length, access);
            return MapChecked(file, RequireReach(file, "the file", offset, length), offset, length, access);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    internal static FileMemory OpenPortable(string path, ulong offset, ulong length, FileMemoryAccess access)
    {
        SafeFileHandle file = OpenFile(path, offset, length, access, out ulong fileLength);
        return MapPortable(file, fileLength, offset, length, access);
    }

    private protected override void DiscardInvalidated(HvaRange range)
    {
        ulong offset = _fileOffset + (range.Start - Start);
        if (IsLinux)
        {
            if (Access == FileMemoryAccess.Shared)
                LinuxMemory.PunchHole(_file!, offset, range.Length);
            else
                LinuxMemory.Discard(range);
        }
        else if (Access == FileMemoryAccess.Shared)
        {
            PortableView.Clear(range);
        }
        else if (Access == FileMemoryAccess.Private)
        {
            // The system maps the last page whole, so the copy may take all of it.
            using var content = new PortableView(_portableFile!, offset, 0, MemoryMappedFileAccess.Read);
            PortableView.Copy(content, range);
        }
    }

    private protected override void Unmap(bool finalizing)
    {
        base.Unmap(finalizing);
        // In a finalizer the files are being finalized by themselves.
        if (finalizing)
            return;
        _file?.Dispose();
        _portableFile?.Dispose();
    }

    static FileMemory MapChecked(SafeFileHandle file, ulong fileLength, ulong offset, ulong length, FileMemoryAccess access)
    {
        if (!OperatingSystem.IsLinux())
            return MapPortable(file, fileLength, offset, length, access);

        bool isShared = access == FileMemoryAccess.Shared;
        HostMappingFeatures features = HostMappingFeatures.LazilyPopulated | HostMappingFeatures.ProtectEnforcedByHost;
        if (access != FileMemoryAccess.ReadOnly)
            features |= HostMappingFeatures.DiscardReturnsMemory;
        if (isShared)
            features |= HostMappingFeatures.SharedBetweenProcesses;
        bool kept = false;
        try
        {
            HvaRange range = LinuxMemory.MapFile(file, offset, length, access);
            var mapping = new FileMemory(range, access, offset, features, isShared ? file : null);
            kept = isShared;
            return mapping;
        }
        finally
        {
            if (!kept)
                file.Dispose();
        }
    }

    static FileMemory MapPortable(
        SafeFileHandle handle, ulong fileLength, ulong offset, ulong length, FileMemoryAccess access)
    {
        MemoryMappedFileAccess fileAccess = access switch
        {
            FileMemoryAccess.ReadOnly => MemoryMappedFileAccess.Read,
            FileMemoryAccess.Private => MemoryMappedFileAccess.CopyOnWrite,
            _ => MemoryMappedFileAccess.ReadWrite,
        };
        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(
            handle, null, 0, fileAccess, HandleInheritability.None, leaveOpen: false);
        try
        {
            // Not beyond the file, which some systems refuse; they map its last page whole all the same.
            var view = new PortableView(file, offset, Math.Min(length, fileLength - offset), fileAccess);
            return new FileMemory(new HvaRange(view.Start, length), view, access, offset, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    static SafeFileHandle OpenFile(
        string path, ulong offset, ulong length, FileMemoryAccess access, out ulong fileLength)
    {
        RequireExtent(offset, length, access);
        FileAccess rights = access == FileMemoryAccess.Shared ? FileAccess.ReadWrite : FileAccess.Read;
        SafeFileHandle file = File.OpenHandle(
            path, FileMode.Open, rights, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            fileLength = RequireReach(file, path, offset, length);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    static void RequireExtent(ulong offset, ulong length, FileMemoryAccess access)
    {
        RequirePages(length, nameof(length));
        if (!Page.IsAligned(offset))
            throw new ArgumentException($"0x{offset:x} is not a multiple of the page size", nameof(offset));
        if (!Enum.IsDefined(access))
            throw new ArgumentOutOfRangeException(nameof(access), access, "not a way to map a file");
    }

    // The file's length. One that can be mapped and not read, such as a guest_memfd, does not tell it.
    static ulong RequireReach(SafeFileHandle file, string name, ulong offset, ulong length)
    {
        ulong fileLength;
        try
        {
            fileLength = (ulong)RandomAccess.GetLength(file);
        }
        catch (NotSupportedException)
        {
            return offset + length;
        }
        if (offset >= fileLength || length - Page.Size >= fileLength - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), $"0x{offset:x} + 0x{length:x} is beyond the end of {name}, 0x{fileLength:x} bytes");
        }
        return fileLength;
    }

    static HostProtection InitialProtection(FileMemoryAccess access) =>
        access == FileMemoryAccess.ReadOnly ? HostProtection.Read : HostProtection.ReadWrite;

    static HostMappingFeatures PortableFeatures(FileMemoryAccess access) =>
        access == FileMemoryAccess.Shared
            ? PortableView.Features | HostMappingFeatures.SharedBetweenProcesses
            : PortableView.Features;
}
