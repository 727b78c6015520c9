using System;
using KvmSharp.Addresses;
using KvmSharp.Cli.Run.Images;
using Xunit;

namespace KvmSharp.Cli.Tests.Run;

public class ImageReaderTests
{
    static readonly byte[] _elf = ElfFile.Executable64(0x10_0000, 0x10_0002, [0x90, 0x90, 0xf4], 0x1000);

    [Fact]
    public void An_elf64_file_starts_in_long_mode_at_its_physical_addresses()
    {
        GuestImage image = ImageReader.Read(_elf, mode: null, entry: null);

        Assert.Equal(GuestMode.Long, image.Mode);
        Assert.Equal(new Gpa(0x10_0002), image.Entry);
        ImageSegment segment = Assert.Single(image.Segments);
        Assert.Equal(new Gpa(0x10_0000), segment.Address);
        Assert.Equal([0x90, 0x90, 0xf4], segment.Contents.ToArray());
        Assert.Equal(0x1000UL, segment.MemoryBytes);
    }

    [Fact]
    public void Anything_else_is_a_flat_binary_for_real_mode()
    {
        GuestImage image = ImageReader.Read(new byte[] { 0xf4 }, mode: null, entry: null);

        Assert.Equal(GuestMode.Real, image.Mode);
        Assert.Equal(new Gpa(0x7c00), image.Entry);
        Assert.Equal(image.Entry, Assert.Single(image.Segments).Address);
    }

    [Theory]
    [InlineData(nameof(GuestMode.Protected))]
    [InlineData(nameof(GuestMode.Long))]
    public void A_flat_binary_for_another_mode_begins_at_1_MiB(string mode)
    {
        GuestImage image = ImageReader.Read(new byte[] { 0xf4 }, Enum.Parse<GuestMode>(mode), entry: null);

        Assert.Equal(new Gpa(0x10_0000), image.Entry);
    }

    [Fact]
    public void An_entry_loads_a_flat_binary_there_and_leaves_an_elf_file_where_it_is()
    {
        GuestImage flat = ImageReader.Read(new byte[] { 0xf4 }, mode: null, new Gpa(0x9000));
        GuestImage elf = ImageReader.Read(_elf, mode: null, new Gpa(0x10_0001));

        Assert.Equal(new Gpa(0x9000), Assert.Single(flat.Segments).Address);
        Assert.Equal(new Gpa(0x10_0001), elf.Entry);
        Assert.Equal(new Gpa(0x10_0000), Assert.Single(elf.Segments).Address);
    }

    [Theory]
    [InlineData(4, 1, "is an ELF file for another processor (class 1, machine 62)")]
    [InlineData(5, 2, "is an ELF file for another processor (class 2, machine 62)")]
    [InlineData(18, 40, "is an ELF file for another processor (class 2, machine 40)")]
    [InlineData(16, 3, "is an ELF file, but not an executable with fixed addresses (type 3)")]
    [InlineData(54, 8, "is an ELF file with program headers of 8 bytes")]
    [InlineData(56, 9, "is a truncated ELF file: its program headers are not complete")]
    [InlineData(39, 0x80, "is a truncated ELF file: its program headers are not complete")]
    [InlineData(64, 2, "is an ELF file with nothing to load")]
    [InlineData(64 + 8, 255, "is a truncated ELF file: the segment at 0xff is not complete")]
    [InlineData(64 + 32, 4, "is a truncated ELF file: the segment at 0x78 is not complete")]
    [InlineData(64 + 41, 0, "is an ELF file with a segment of 0x3 bytes in 0x1")]
    public void A_wrong_elf_file_is_refused_with_what_is_wrong(int offset, byte value, string expected)
    {
        byte[] sound = expected.EndsWith("0x1", StringComparison.Ordinal) ? ElfFile.With(_elf, 64 + 40, 1) : _elf;

        Assert.Equal(expected, RefusalOf(ElfFile.With(sound, offset, value)));
    }

    [Fact]
    public void A_segment_that_wraps_is_refused()
    {
        byte[] wrapping = ElfFile.With(_elf, 64 + 24, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

        Assert.Equal("is an ELF file with a segment that wraps: 0x1000 bytes at 0xffffffffffffff00", RefusalOf(wrapping));
    }

    [Fact]
    public void Every_truncation_of_an_elf_file_is_refused()
    {
        for (int length = 0; length < _elf.Length; length++)
        {
            // Fewer than four bytes are no ELF file, but a flat binary.
            if (length is 0 or >= 4)
                Assert.NotEmpty(RefusalOf(_elf[..length]));
        }
    }

    [Fact]
    public void A_mode_that_is_not_the_images_is_refused()
    {
        ImageException refusal = Assert.Throws<ImageException>(() => ImageReader.Read(_elf, GuestMode.Real, entry: null));

        Assert.Equal("starts in long mode, not in real mode", refusal.Message);
    }

    [Fact]
    public void A_multiboot_header_says_where_a_flat_kernel_goes()
    {
        byte[] kernel = MultibootKernel(flags: 1 << 16, headerAddress: 0x20_0004);

        GuestImage image = ImageReader.Read(kernel, mode: null, entry: null);

        Assert.True(image.IsMultiboot);
        Assert.Equal(GuestMode.Protected, image.Mode);
        Assert.Equal(new Gpa(0x20_0024), image.Entry);
        ImageSegment segment = Assert.Single(image.Segments);
        Assert.Equal(new Gpa(0x20_0000), segment.Address);
        Assert.Equal(kernel.Length, segment.Contents.Length);
        Assert.Equal(0x1000UL, segment.MemoryBytes);
    }

    [Theory]
    [InlineData((1 << 16) | 4, 0x20_0004, "is a multiboot image that requires what is not there (flags 0x4)")]
    [InlineData(1 << 16, 0x1f_fff0, "is a multiboot image with its header at 0x1ffff0, below its text")]
    [InlineData(0, 0x20_0004, "is a multiboot image that does not say where it is to be loaded")]
    public void A_wrong_multiboot_header_is_refused_with_what_is_wrong(int flags, int headerAddress, string expected) =>
        Assert.Equal(expected, RefusalOf(MultibootKernel((uint)flags, (uint)headerAddress)));

    static string RefusalOf(byte[] file) =>
        Assert.Throws<ImageException>(() => ImageReader.Read(file, mode: null, entry: null)).Message;

    static byte[] MultibootKernel(uint flags, uint headerAddress)
    {
        byte[] kernel = new byte[0x40];
        uint[] header =
        [
            0x1bad_b002, flags, unchecked(0u - 0x1bad_b002 - flags), headerAddress, 0x20_0000, 0, 0x20_1000, 0x20_0024,
        ];
        for (int word = 0; word < header.Length; word++)
            BitConverter.TryWriteBytes(kernel.AsSpan(4 + (word * 4)), header[word]);
        return kernel;
    }
}
