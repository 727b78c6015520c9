using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

public sealed class HostMappingAccessTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(Page.Size);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void A_word_may_lie_at_any_byte()
    {
        _memory.WriteUInt64(3, 0x0102030405060708);

        Assert.Equal(0x0102030405060708UL, _memory.ReadUInt64(3));
    }

    [Fact]
    public void Ordered_forms_read_and_write()
    {
        _memory.VolatileWriteUInt64(8, 1);

        Assert.Equal(1UL, _memory.VolatileReadUInt64(8));
        Assert.Equal(1UL, _memory.ExchangeUInt64(8, 2));
        Assert.Equal(2UL, _memory.CompareExchangeUInt64(8, 4, expected: 3));
        Assert.Equal(2UL, _memory.CompareExchangeUInt64(8, 4, expected: 2));
        Assert.Equal(4UL, _memory.ReadUInt64(8));
    }

    [Fact]
    public void Ordered_forms_refuse_a_word_that_is_not_aligned()
    {
        Assert.Throws<ArgumentException>(() => _memory.VolatileReadUInt64(4));
        Assert.Throws<ArgumentException>(() => _memory.VolatileWriteUInt64(4, 0));
        Assert.Throws<ArgumentException>(() => _memory.ExchangeUInt64(4, 0));
        Assert.Throws<ArgumentException>(() => _memory.CompareExchangeUInt64(4, 0, 0));
    }

    [Theory]
    [InlineData(Page.Size - 7)]
    [InlineData(Page.Size)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 7)]
    public void A_word_that_leaves_the_mapping_is_refused(ulong offset)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _memory.ReadUInt64(offset));
        Assert.Throws<ArgumentOutOfRangeException>(() => _memory.WriteUInt64(offset, 0));
    }

    [Theory]
    [InlineData(0, Page.Size + 1)]
    [InlineData(Page.Size, 1)]
    [InlineData(1, -1)]
    [InlineData(ulong.MaxValue, 2)]
    public void A_span_that_leaves_the_mapping_is_refused(ulong offset, int length)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _memory.AsSpan(offset, length));
    }

    [Fact]
    public void An_empty_span_at_the_end_is_allowed()
    {
        Assert.True(_memory.AsSpan(Page.Size, 0).IsEmpty);
    }
}
