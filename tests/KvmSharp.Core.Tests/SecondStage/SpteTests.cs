using System;
using System.Numerics;
using KvmSharp.Addresses;
using KvmSharp.SecondStage;
using Xunit;

namespace KvmSharp.Tests.SecondStage;

public class SpteTests
{
    [Fact]
    public void Fields_do_not_overlap_and_flags_fit_below_the_page()
    {
        Assert.Equal(5, BitOperations.PopCount(Spte.Flags));
        Assert.Equal(0UL, Spte.Flags & Spte.HostPageMask);
        Assert.True(Spte.Flags < Page.Size);
        Assert.Equal(Spte.HvaBits - Page.Shift, BitOperations.PopCount(Spte.HostPageMask));
    }

    [Fact]
    public void A_leaf_says_what_it_was_made_of()
    {
        Spte spte = Spte.Leaf(new Hva(0x7fff_ffff_f000), PageLevel.Page4K, writable: true, accessed: true, dirty: true);
        Assert.True(spte is { IsPresent: true, IsWritable: true, IsAccessed: true, IsDirty: true, IsLarge: false });
        Assert.Equal(new Hva(0x7fff_ffff_f000), spte.HostPage);
        Assert.Equal("spte:7ffffffff000+w+a+d", spte.ToString());
    }

    [Fact]
    public void The_default_is_not_present() => Assert.False(default(Spte).IsPresent);

    [Fact]
    public void A_large_leaf_finds_the_host_page_of_each_frame()
    {
        Spte spte = Spte.Leaf(new Hva(0x4000_0000), PageLevel.Page1G, writable: false);
        Assert.True(spte.IsLarge);
        Assert.Equal(new Hva(0x7fff_f000), spte.HvaOf(new Gfn(0x3ffff), PageLevel.Page1G));
        Assert.Equal(new Hva(0x4000_0000), spte.HvaOf(new Gfn(0x40000), PageLevel.Page1G));
    }

    [Theory]
    [InlineData(0x2UL, PageLevel.Page4K)]
    [InlineData(Spte.Present | Spte.Dirty, PageLevel.Page4K)]
    [InlineData(Spte.Present | Spte.Large, PageLevel.Page4K)]
    [InlineData(Spte.Present, PageLevel.Page2M)]
    [InlineData(Spte.Present | 0x800, PageLevel.Page4K)]
    [InlineData(Spte.Present | (1UL << Spte.HvaBits), PageLevel.Page4K)]
    [InlineData(Spte.Present | Spte.Large | 0x1000, PageLevel.Page2M)]
    public void Each_broken_invariant_is_named(ulong value, PageLevel level) =>
        Assert.NotNull(new Spte(value).Breach(level));

    [Fact]
    public void Dirty_without_writable_cannot_be_made() => Assert.Throws<ArgumentException>(
        () => Spte.Leaf(new Hva(0x1000), PageLevel.Page4K, writable: false, dirty: true));
}
