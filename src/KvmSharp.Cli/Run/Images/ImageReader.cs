using System;
using KvmSharp.Addresses;

namespace KvmSharp.Cli.Run.Images;

/// <summary>
/// Tells what an image is and takes it apart: ELF by its magic number, multiboot by a header in its first 8 KiB, anything
/// else as a flat binary.
/// </summary>
static class ImageReader
{
    /// <summary>Where a flat binary goes in real mode: where a BIOS loads a boot sector.</summary>
    internal static readonly Gpa FlatRealBase = new(0x7c00);

    /// <summary>Where it goes in the other modes.</summary>
    internal static readonly Gpa FlatBase = new(0x10_0000);

    /// <summary>Reads an image.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="mode">The mode that was asked for, if one was.</param>
    /// <param name="entry">The entry that was asked for; a flat binary is loaded there.</param>
    /// <exception cref="ImageException">It is truncated, inconsistent, or not for the mode.</exception>
    internal static GuestImage Read(ReadOnlyMemory<byte> file, GuestMode? mode, Gpa? entry)
    {
        if (file.IsEmpty)
            throw new ImageException("is empty");
        GuestImage image = ElfImage.IsElf(file.Span) ? ElfImage.Read(file) : Flat(file, mode, entry);
        if (image.Mode == GuestMode.Protected && MultibootHeader.Find(file.Span) is { } header)
            image = header.Apply(image, file, ElfImage.IsElf(file.Span));
        if (mode is { } asked && asked != image.Mode)
        {
            throw new ImageException(
                $"starts in {Name(image.Mode)} mode, not in {Name(asked)} mode");
        }
        return entry is { } chosen ? image with { Entry = chosen } : image;
    }

    static GuestImage Flat(ReadOnlyMemory<byte> file, GuestMode? mode, Gpa? entry)
    {
        // A kernel with a multiboot header but no ELF header says itself where it goes.
        GuestMode chosen = mode ?? (MultibootHeader.Find(file.Span) is null ? GuestMode.Real : GuestMode.Protected);
        Gpa at = entry ?? (chosen == GuestMode.Real ? FlatRealBase : FlatBase);
        if (!at.TryAdd((ulong)file.Length, out _))
            throw new ImageException($"does not fit at {at}");
        return new GuestImage(chosen, at, [new ImageSegment(at, file, (ulong)file.Length)]);
    }

    internal static string Name(GuestMode mode) => mode switch
    {
        GuestMode.Real => "real",
        GuestMode.Protected => "protected",
        _ => "long",
    };
}
