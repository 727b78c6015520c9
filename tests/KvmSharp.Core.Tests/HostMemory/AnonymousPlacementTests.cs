using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

/// <summary>Where anonymous mappings lie that are made one after another.</summary>
public sealed class AnonymousPlacementTests
{
    // Other tests map memory at the same time, and each time they come between, one pair is not side by side.
    const int Mappings = 256;
    const int ManyPairs = Mappings / 2;

    [LinuxFact]
    public void Mappings_made_one_after_another_lie_side_by_side_upwards()
    {
        var mappings = new List<AnonymousMemory>();
        int sideBySide = 0;
        Hva end = default;
        for (int index = 0; index < Mappings; index++)
        {
            AnonymousMemory memory = AnonymousMemory.Create(4 * Page.Size, HugePages.Never);
            sideBySide += memory.Start == end ? 1 : 0;
            end = memory.Range.End;
            mappings.Add(memory);
        }

        foreach (AnonymousMemory memory in mappings)
            memory.Dispose();

        Assert.True(sideBySide > ManyPairs, $"{sideBySide} of {Mappings - 1} pairs");
    }

    [LinuxFact]
    public void A_mapping_larger_than_any_gap_looked_for_is_placed_all_the_same()
    {
        using AnonymousMemory large = AnonymousMemory.Create(1UL << 40);
        using AnonymousMemory small = AnonymousMemory.Create(Page.Size);

        large.WriteUInt64(large.Length - sizeof(ulong), 1);
        small.WriteUInt64(0, 2);

        Assert.False(large.Range.Overlaps(small.Range));
    }
}
