using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

public sealed class HostMappingBatchTests : IDisposable
{
    const int Pages = 6;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(Pages * Page.Size);

    public HostMappingBatchTests() => _memory.AsSpan(0, Pages * Page.Size).Fill(0xaa);

    public void Dispose() => _memory.Dispose();

    [LinuxFact]
    public void Extents_side_by_side_are_one_invalidation_whatever_mapping_they_are_in()
    {
        // Two mappings that are sure to lie next to each other.
        using BorrowedMemory low = new(_memory.Start, 2 * Page.Size, BorrowedMemoryRights.Discard);
        using BorrowedMemory high = new(_memory.Start + (2 * Page.Size), 2 * Page.Size, BorrowedMemoryRights.Discard);
        using RecordingListener listener = new(_memory.Range);

        HostMapping.Discard([new(low, Page.Size, Page.Size), new(high, 0, Page.Size), new(high, Page.Size, Page.Size)]);

        HvaRange discarded = new(_memory.Start + Page.Size, 3 * Page.Size);
        Assert.Equal([$"begin {discarded}", $"end {discarded}"], listener.Events);
        Assert.True(_memory.AsSpan(Page.Size, 3 * Page.Size).IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(0xaa, _memory.AsSpan(0, 1)[0]);
        Assert.Equal(0xaa, _memory.AsSpan(4 * Page.Size, 1)[0]);
    }

    [LinuxFact]
    public void Extents_that_go_downwards_are_merged_too()
    {
        using RecordingListener listener = new(_memory.Range);

        HostMapping.Discard([
            new(_memory, 3 * Page.Size, Page.Size), new(_memory, 2 * Page.Size, Page.Size),
            new(_memory, Page.Size, Page.Size)]);

        HvaRange discarded = new(_memory.Start + Page.Size, 3 * Page.Size);
        Assert.Equal([$"begin {discarded}", $"end {discarded}"], listener.Events);
    }

    [Fact]
    public void Extents_with_a_gap_between_them_leave_the_gap_alone()
    {
        using RecordingListener listener = new(_memory.Range);

        HostMapping.Discard([new(_memory, 0, Page.Size), new(_memory, 2 * Page.Size, Page.Size)]);

        Assert.Equal(4, listener.Events.Count);
        Assert.Equal(0UL, _memory.ReadUInt64(0));
        Assert.Equal(0xaaaaaaaaaaaaaaaaUL, _memory.ReadUInt64(Page.Size));
        Assert.Equal(0UL, _memory.ReadUInt64(2 * Page.Size));
    }

    [Fact]
    public void Shared_memory_between_two_extents_is_discarded_in_all_its_mappings()
    {
        using SharedMemory shared = SharedMemory.Create(Page.Size);
        using SharedMemory alias = shared.MapAgain();
        shared.WriteUInt64(0, 1);
        using RecordingListener listener = new(alias.Range);

        HostMapping.Discard([new(_memory, 0, Page.Size), new(shared, 0, Page.Size), new(_memory, Page.Size, Page.Size)]);

        Assert.Equal(2, listener.Events.Count);
        Assert.Equal(0UL, alias.ReadUInt64(0));
        Assert.Equal(0UL, _memory.ReadUInt64(Page.Size));
    }

    [Fact]
    public void One_bad_extent_refuses_them_all()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => HostMapping.Discard([new(_memory, 0, Page.Size), new(_memory, Pages * Page.Size, Page.Size)]));
        Assert.Throws<ArgumentException>(() => HostMapping.Discard([new(_memory, 0, Page.Size), default]));

        Assert.Equal(0xaaaaaaaaaaaaaaaaUL, _memory.ReadUInt64(0));
    }

    [Fact]
    public void A_batch_holds_its_mappings_no_longer_than_it_runs()
    {
        AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        HostMapping.Discard([new(memory, 0, Page.Size)]);

        memory.Dispose();

        Assert.False(memory.IsMapped);
    }

    [Fact]
    public void No_extents_are_nothing_to_do() => HostMapping.Discard([]);
}
