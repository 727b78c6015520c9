using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

/// <summary>The form for systems other than Linux, which runs here too.</summary>
public sealed class PortableMemoryTests
{
    [Fact]
    public void It_starts_on_a_page_as_zero_and_keeps_what_is_stored()
    {
        using AnonymousMemory memory = AnonymousMemory.CreatePortable(2 * Page.Size);

        Assert.True(memory.Start.IsPageAligned);
        Assert.Equal(0UL, memory.ReadUInt64(Page.Size));
        memory.WriteUInt64((2 * Page.Size) - 8, 5);
        Assert.Equal(5UL, memory.ReadUInt64((2 * Page.Size) - 8));
    }

    [Fact]
    public void It_claims_only_what_it_does()
    {
        using AnonymousMemory memory = AnonymousMemory.CreatePortable(Page.Size);

        Assert.Equal(HostMappingFeatures.LazilyPopulated, memory.Features);
    }

    [Fact]
    public void A_discard_zeroes_and_invalidates()
    {
        using AnonymousMemory memory = AnonymousMemory.CreatePortable(3 * Page.Size);
        memory.AsSpan(0, 3 * Page.Size).Fill(0xaa);
        using RecordingListener listener = new(memory.Range)
        {
            Observe = () => memory.ReadUInt64(Page.Size),
        };

        memory.Discard(Page.Size, Page.Size);

        HvaRange discarded = new(memory.Start + Page.Size, Page.Size);
        Assert.Equal([$"begin {discarded} {0xaaaaaaaaaaaaaaaa}", $"end {discarded} 0"], listener.Events);
        Assert.Equal(0xaaaaaaaaaaaaaaaaUL, memory.ReadUInt64(Page.Size - 8));
        Assert.Equal(0xaaaaaaaaaaaaaaaaUL, memory.ReadUInt64(2 * Page.Size));
    }

    [Fact]
    public void A_protection_is_recorded_but_not_enforced()
    {
        using AnonymousMemory memory = AnonymousMemory.CreatePortable(2 * Page.Size);

        memory.Protect(Page.Size, Page.Size, HostProtection.Read);

        Assert.Equal(HostProtection.Read, memory.ProtectionAt(memory.Start + Page.Size, out _));
        memory.WriteUInt64(Page.Size, 1);
    }

    [Fact]
    public void Shared_mappings_see_each_other_and_are_discarded_together()
    {
        using SharedMemory first = SharedMemory.CreatePortable(2 * Page.Size);
        using SharedMemory second = first.MapAgain();
        first.WriteUInt64(Page.Size, 9);
        Assert.Equal(9UL, second.ReadUInt64(Page.Size));
        using RecordingListener listener = new(first.Range, second.Range);

        second.Discard(Page.Size, Page.Size);

        Assert.Equal(0UL, first.ReadUInt64(Page.Size));
        Assert.Equal(4, listener.Events.Count);
    }

    [Fact]
    public void A_reference_keeps_it_mapped_after_the_owner_let_go()
    {
        AnonymousMemory memory = AnonymousMemory.CreatePortable(Page.Size);
        memory.WriteUInt64(0, 3);
        Assert.True(memory.TryAddReference());

        memory.Dispose();

        Assert.Equal(3UL, new BorrowedMemory(memory.Start, Page.Size).ReadUInt64(0));
        memory.ReleaseReference();
        Assert.False(memory.IsMapped);
    }

    [Fact]
    public void It_takes_part_in_a_batch()
    {
        using AnonymousMemory portable = AnonymousMemory.CreatePortable(Page.Size);
        using AnonymousMemory native = AnonymousMemory.Create(Page.Size);
        portable.WriteUInt64(0, 1);
        native.WriteUInt64(0, 1);

        HostMapping.Discard([new(native, 0, Page.Size), new(portable, 0, Page.Size)]);

        Assert.Equal(0UL, portable.ReadUInt64(0));
        Assert.Equal(0UL, native.ReadUInt64(0));
    }
}
