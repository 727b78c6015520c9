using System;
using System.IO;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

public class FileMemoryTests
{
    const byte Content = 0x5a;
    const ulong ContentWord = 0x5a5a5a5a5a5a5a5a;

    [Fact]
    public void A_file_opened_for_reading_shows_its_content_and_stays_read_only()
    {
        using TemporaryFile file = new(2 * Page.Size, Content);
        using FileMemory memory = Open(file.Path, Page.Size, Page.Size, FileMemoryAccess.ReadOnly);

        Assert.Equal(ContentWord, memory.ReadUInt64(Page.Size - 8));
        Assert.Equal(HostProtection.Read, memory.ProtectionAt(memory.Start, out _));
        Assert.Throws<NotSupportedException>(() => memory.Protect(0, Page.Size, HostProtection.ReadWrite));
    }

    [Fact]
    public void Discarding_a_file_opened_for_reading_changes_nothing()
    {
        using TemporaryFile file = new(Page.Size, Content);
        using FileMemory memory = Open(file.Path, 0, Page.Size, FileMemoryAccess.ReadOnly);

        memory.Discard(0, Page.Size);

        Assert.Equal(ContentWord, memory.ReadUInt64(0));
    }

    [Fact]
    public void Private_stores_never_reach_the_file_and_a_discard_drops_them()
    {
        using TemporaryFile file = new(4 * Page.Size, Content);
        using FileMemory memory = Open(file.Path, Page.Size, 3 * Page.Size, FileMemoryAccess.Private);
        memory.AsSpan(0, 3 * Page.Size).Fill(1);

        memory.Discard(Page.Size, Page.Size);

        Assert.Equal(0x0101010101010101UL, memory.ReadUInt64(Page.Size - 8));
        Assert.Equal(ContentWord, memory.ReadUInt64(Page.Size));
        Assert.Equal(ContentWord, memory.ReadUInt64((2 * Page.Size) - 8));
        Assert.Equal(0x0101010101010101UL, memory.ReadUInt64(2 * Page.Size));
        Assert.True(file.ReadAll().AsSpan().IndexOfAnyExcept(Content) < 0);
    }

    [Fact]
    public void Shared_stores_reach_the_file_and_a_discard_zeroes_it()
    {
        using TemporaryFile file = new(3 * Page.Size, Content);
        using (FileMemory memory = Open(file.Path, Page.Size, 2 * Page.Size, FileMemoryAccess.Shared))
        {
            memory.WriteUInt64(0, 7);
            memory.Discard(Page.Size, Page.Size);
            Assert.Equal(0UL, memory.ReadUInt64(Page.Size));
        }

        byte[] bytes = file.ReadAll();
        Assert.Equal(3 * Page.Size, bytes.Length);
        Assert.Equal(Content, bytes[Page.Size - 1]);
        Assert.Equal(7, bytes[Page.Size]);
        Assert.True(bytes.AsSpan(2 * Page.Size).IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void The_last_page_of_a_file_is_filled_with_zeros()
    {
        using TemporaryFile file = new(Page.Size + 8, Content);
        using FileMemory memory = Open(file.Path, 0, 2 * Page.Size, FileMemoryAccess.Private);

        memory.WriteUInt64(Page.Size, 1);
        memory.Discard(Page.Size, Page.Size);

        Assert.Equal(ContentWord, memory.ReadUInt64(Page.Size));
        Assert.Equal(0UL, memory.ReadUInt64(Page.Size + 8));
    }

    [Theory]
    [InlineData(0, 3 * Page.Size)]
    [InlineData(2 * Page.Size, Page.Size)]
    [InlineData(Page.Size, 2 * Page.Size)]
    public void A_range_beyond_the_end_of_the_file_is_refused(ulong offset, ulong length)
    {
        using TemporaryFile file = new(2 * Page.Size, Content);

        ArgumentOutOfRangeException refusal = Assert.Throws<ArgumentOutOfRangeException>(
            () => Open(file.Path, offset, length, FileMemoryAccess.ReadOnly));

        Assert.Contains($"0x{offset:x} + 0x{length:x}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_open_is_closed_with_its_mapping_or_its_refusal()
    {
        using TemporaryFile file = new(2 * Page.Size, Content);
        SafeFileHandle handle = OpenHandle(file);
        using (FileMemory memory = FileMemory.Map(handle, Page.Size, Page.Size, FileMemoryAccess.Shared))
            memory.WriteUInt64(0, 7);
        Assert.True(handle.IsClosed);
        Assert.Equal(7, file.ReadAll()[Page.Size]);

        handle = OpenHandle(file);
        Assert.Throws<ArgumentOutOfRangeException>(() => FileMemory.Map(handle, Page.Size, 2 * Page.Size, FileMemoryAccess.Shared));
        Assert.True(handle.IsClosed);

        static SafeFileHandle OpenHandle(TemporaryFile file) =>
            File.OpenHandle(file.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    [Fact]
    public void An_offset_inside_a_page_is_refused()
    {
        using TemporaryFile file = new(2 * Page.Size, Content);

        Assert.Throws<ArgumentException>(() => Open(file.Path, 8, Page.Size, FileMemoryAccess.ReadOnly));
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused()
    {
        string path = Path.Combine(Path.GetTempPath(), $"kvmsharp-{Guid.NewGuid():N}");

        Assert.Throws<FileNotFoundException>(() => Open(path, 0, Page.Size, FileMemoryAccess.ReadOnly));
    }

    protected virtual FileMemory Open(string path, ulong offset, ulong length, FileMemoryAccess access) =>
        FileMemory.Open(path, offset, length, access);
}
