using System;
using System.Collections.Generic;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.HyperV;

public sealed class SparseVpSetTests
{
    [Fact]
    public void A_word_belongs_to_the_bank_of_its_rank()
    {
        var set = new SparseVpSet(new VpBankMask(0x8000_0000_0000_0101), [1, 2, 1UL << 63, 0xBAD]);
        Assert.Equal(3, set.Words.Length);
        Assert.Equal(3, set.Count);
        Assert.True(set.Contains(new VpIndex(0)));
        Assert.True(set.Contains(new VpIndex((8 * 64) + 1)));
        Assert.True(set.Contains(new VpIndex(4095)));
        Assert.False(set.Contains(new VpIndex(64)));
        Assert.False(set.Contains(new VpIndex(4096)));
        Assert.False(set.Contains(new VpIndex(uint.MaxValue)));
    }

    [Fact]
    public void Words_that_are_missing_are_empty()
    {
        var set = new SparseVpSet(new VpBankMask(0b11), [1]);
        Assert.False(set.Contains(new VpIndex(64)));
        ulong[] banks = [7, 7, 7];
        set.ExpandTo(banks);
        Assert.Equal([1UL, 0UL, 0UL], banks);
    }

    [Fact]
    public void Banks_beyond_the_room_are_left_out()
    {
        ulong[] banks = new ulong[2];
        new SparseVpSet(new VpBankMask(0b1110), [1, 2, 3]).ExpandTo(banks);
        Assert.Equal([0UL, 1UL], banks);
    }

    [Fact]
    public void A_set_of_members_has_the_fewest_words()
    {
        ulong[] words = new ulong[64];
        SparseVpSet set = SparseVpSet.Of([new VpIndex(129), new VpIndex(5), new VpIndex(5)], words);
        Assert.Equal(new VpBankMask(0b101), set.Mask);
        Assert.Equal([1UL << 5, 1UL << 1], set.Words);
        Assert.Throws<ArgumentOutOfRangeException>(() => { SparseVpSet.Of([new VpIndex(4096)], words); });
    }

    [Fact]
    public void A_mask_of_vcpus_enumerates_them_while_they_are_removed()
    {
        int[] members = [0, 1, 63, 64, 127];
        var mask = new VcpuMask(new ulong[VcpuMask.WordsFor(128)]);
        foreach (int member in members)
            mask.Add(new VcpuIndex(member));
        Assert.Equal(members.Length, mask.Count);
        var seen = new List<int>();
        foreach (VcpuIndex index in mask)
        {
            Assert.True(mask.Contains(index));
            mask.Remove(index);
            Assert.False(mask.Contains(index));
            seen.Add(index.Value);
        }
        Assert.Equal(members, seen);
        Assert.Equal(0, mask.Count);
    }
}
