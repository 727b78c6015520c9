using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

public sealed class AnonymousMemoryTests
{
    const ulong TwoMegabytes = 2 << 20;

    [LinuxFact]
    public void A_terabyte_can_be_mapped_because_pages_are_populated_when_touched()
    {
        const ulong Terabyte = 1UL << 40;
        using AnonymousMemory memory = AnonymousMemory.Create(Terabyte);

        memory.WriteUInt64(Terabyte - 8, 42);

        Assert.True(memory.Features.HasFlag(HostMappingFeatures.LazilyPopulated));
        Assert.Equal(42UL, memory.ReadUInt64(Terabyte - 8));
        Assert.Equal(0UL, memory.ReadUInt64(Terabyte / 2));
    }

    [Fact]
    public void Discarded_pages_read_as_zero_and_their_neighbours_stay()
    {
        using AnonymousMemory memory = AnonymousMemory.Create(4 * Page.Size);
        memory.AsSpan(0, 4 * Page.Size).Fill(0xaa);

        memory.Discard(Page.Size, 2 * Page.Size);

        Assert.Equal(0xaa, memory.AsSpan(Page.Size - 1, 1)[0]);
        Assert.True(memory.AsSpan(Page.Size, 2 * Page.Size).IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(0xaa, memory.AsSpan(3 * Page.Size, 1)[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Page.Size + 1)]
    public void A_length_that_is_not_of_whole_pages_is_refused_in_hex(ulong length)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => AnonymousMemory.Create(length));

        Assert.Contains($"0x{length:x}", refusal.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_refusal_of_the_host_names_the_call_and_the_values()
    {
        const ulong TooMuch = 1UL << 62;

        HostMemoryException refusal = Assert.Throws<HostMemoryException>(() => AnonymousMemory.Create(TooMuch));

        Assert.Equal("mmap", refusal.Operation);
        Assert.Equal(12, refusal.Errno);
        Assert.Contains("ENOMEM (12)", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"0x{TooMuch:x}", refusal.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void Memory_that_prefers_huge_pages_starts_on_a_huge_page_boundary()
    {
        using AnonymousMemory memory = AnonymousMemory.Create(TwoMegabytes + Page.Size, HugePages.Prefer);

        memory.WriteUInt64(TwoMegabytes, 1);

        Assert.Equal(0UL, memory.Start.Value % TwoMegabytes);
    }

    [Fact]
    public void Memory_without_a_hint_does_not_report_one()
    {
        using AnonymousMemory memory = AnonymousMemory.Create(Page.Size);

        Assert.False(memory.Features.HasFlag(HostMappingFeatures.HugePageHint));
    }

    [LinuxFact]
    public void A_mapping_takes_less_than_a_hundred_bytes()
    {
        AnonymousMemory.Create(Page.Size).Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();

        using AnonymousMemory memory = AnonymousMemory.Create(Page.Size);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 100);
    }
}
