using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

public sealed class SharedMemoryTests
{
    [Fact]
    public void What_one_mapping_stores_the_other_sees()
    {
        using SharedMemory first = SharedMemory.Create(2 * Page.Size);
        using SharedMemory second = first.MapAgain();

        first.WriteUInt64(Page.Size, 0x1122334455667788);

        Assert.NotEqual(first.Start, second.Start);
        Assert.Equal(0x1122334455667788UL, second.ReadUInt64(Page.Size));
    }

    [Fact]
    public void A_discard_through_one_mapping_zeroes_and_invalidates_all()
    {
        using SharedMemory first = SharedMemory.Create(4 * Page.Size);
        using SharedMemory second = first.MapAgain();
        second.AsSpan(0, 4 * Page.Size).Fill(0xaa);
        using RecordingListener listener = new(first.Range, second.Range);

        second.Discard(Page.Size, 2 * Page.Size);

        HvaRange inFirst = new(first.Start + Page.Size, 2 * Page.Size);
        HvaRange inSecond = new(second.Start + Page.Size, 2 * Page.Size);
        Assert.Equal([$"begin {inFirst}", $"begin {inSecond}", $"end {inSecond}", $"end {inFirst}"], listener.Events);
        Assert.True(first.AsSpan(Page.Size, 2 * Page.Size).IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(0xaaaaaaaaaaaaaaaaUL, first.ReadUInt64(0));
        Assert.Equal(0xaaaaaaaaaaaaaaaaUL, first.ReadUInt64(3 * Page.Size));
    }

    [Fact]
    public void A_discard_reaches_more_mappings_than_fit_on_the_stack()
    {
        const int Aliases = 40;
        using SharedMemory first = SharedMemory.Create(Page.Size);
        SharedMemory[] aliases = new SharedMemory[Aliases];
        for (int index = 0; index < Aliases; index++)
            aliases[index] = first.MapAgain();
        using RecordingListener listener = new(first.Range, aliases[^1].Range);

        first.Discard(0, Page.Size);

        Assert.Equal(4, listener.Events.Count);
        Array.ForEach(aliases, alias => alias.Dispose());
    }

    [Fact]
    public void A_mapping_that_is_gone_is_invalidated_no_more()
    {
        using SharedMemory first = SharedMemory.Create(Page.Size);
        SharedMemory second = first.MapAgain();
        second.Dispose();
        using RecordingListener listener = new(first.Range);

        first.Discard(0, Page.Size);

        Assert.Equal([$"begin {first.Range}", $"end {first.Range}"], listener.Events);
    }

    [Fact]
    public void The_memory_outlives_the_mapping_it_was_made_with()
    {
        SharedMemory first = SharedMemory.Create(Page.Size, "outlives");
        using SharedMemory second = first.MapAgain();
        first.WriteUInt64(0, 7);

        first.Dispose();
        using SharedMemory third = second.MapAgain();

        Assert.Equal(7UL, third.ReadUInt64(0));
        Assert.Throws<ObjectDisposedException>(first.MapAgain);
    }

    [Fact]
    public void Protection_belongs_to_one_mapping()
    {
        using SharedMemory first = SharedMemory.Create(Page.Size);
        using SharedMemory second = first.MapAgain();

        first.Protect(0, Page.Size, HostProtection.None);

        Assert.Equal(HostProtection.None, first.ProtectionAt(first.Start, out _));
        Assert.Equal(HostProtection.ReadWrite, second.ProtectionAt(second.Start, out _));
        second.WriteUInt64(0, 1);
    }

    [LinuxFact]
    public void The_last_mapping_closes_the_file()
    {
        SharedMemory first = SharedMemory.Create(Page.Size);
        SharedMemory second = first.MapAgain();

        first.Dispose();
        Assert.False(second.File!.IsClosed);
        second.Dispose();

        Assert.True(second.File.IsClosed);
    }
}
