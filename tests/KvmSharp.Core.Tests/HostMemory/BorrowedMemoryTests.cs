using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

public sealed class BorrowedMemoryTests : IDisposable
{
    readonly AnonymousMemory _owner = AnonymousMemory.Create(4 * Page.Size);

    public void Dispose() => _owner.Dispose();

    [Fact]
    public void It_reads_and_writes_what_its_owner_has_there()
    {
        using BorrowedMemory borrowed = new(_owner.Start + Page.Size, Page.Size);

        borrowed.WriteUInt64(0, 11);

        Assert.Equal(11UL, _owner.ReadUInt64(Page.Size));
    }

    [Fact]
    public void Without_rights_it_neither_discards_nor_protects()
    {
        using BorrowedMemory borrowed = new(_owner.Start, Page.Size);

        Assert.Equal(HostMappingFeatures.None, borrowed.Features);
        Assert.Throws<NotSupportedException>(() => borrowed.Discard(0, Page.Size));
        Assert.Throws<NotSupportedException>(() => borrowed.Protect(0, Page.Size, HostProtection.Read));
        Assert.Throws<NotSupportedException>(() => HostMapping.Discard([new(borrowed, 0, Page.Size)]));
    }

    [LinuxFact]
    public void With_rights_it_discards_and_protects()
    {
        using BorrowedMemory borrowed = new(
            _owner.Start, Page.Size, BorrowedMemoryRights.Discard | BorrowedMemoryRights.Protect);
        _owner.WriteUInt64(0, 1);

        borrowed.Discard(0, Page.Size);
        borrowed.Protect(0, Page.Size, HostProtection.Read);

        Assert.Equal(0UL, _owner.ReadUInt64(0));
        Assert.Equal("r--p", ProcMaps.RightsAt(_owner.Start));
        borrowed.Protect(0, Page.Size, HostProtection.ReadWrite);
    }

    [Fact]
    public void The_owner_changes_the_memory_between_begin_and_end()
    {
        using BorrowedMemory borrowed = new(_owner.Start, 4 * Page.Size);
        using RecordingListener listener = new(_owner.Range) { Observe = () => _owner.ReadUInt64(Page.Size) };

        borrowed.Invalidate(Page.Size, Page.Size, () => _owner.WriteUInt64(Page.Size, 5));

        HvaRange changed = new(_owner.Start + Page.Size, Page.Size);
        Assert.Equal([$"begin {changed} 0", $"end {changed} 5"], listener.Events);
    }

    [Fact]
    public void A_change_that_fails_still_ends_the_invalidation()
    {
        using BorrowedMemory borrowed = new(_owner.Start, Page.Size);
        using RecordingListener listener = new(borrowed.Range);

        Assert.Throws<TimeoutException>(() => borrowed.Invalidate(0, Page.Size, () => throw new TimeoutException()));

        Assert.Equal([$"begin {borrowed.Range}", $"end {borrowed.Range}"], listener.Events);
    }

    [Fact]
    public void Giving_it_back_unmaps_nothing()
    {
        BorrowedMemory borrowed = new(_owner.Start, Page.Size);

        borrowed.Dispose();

        _owner.WriteUInt64(0, 1);
        Assert.Throws<ObjectDisposedException>(() => borrowed.ReadUInt64(0));
    }

    [Theory]
    [InlineData(0, Page.Size)]
    [InlineData(Page.Size + 8, Page.Size)]
    [InlineData(Page.Size, 0)]
    [InlineData(Page.Size, Page.Size - 8)]
    [InlineData(ulong.MaxValue - Page.Size + 1, 2 * Page.Size)]
    public void A_range_that_cannot_be_memory_is_refused(ulong start, ulong length)
    {
        Assert.ThrowsAny<ArgumentException>(() => new BorrowedMemory(new Hva(start), length));
    }
}
