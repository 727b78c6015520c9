using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Vcpus;
using KvmSharp.Vcpus.Ids;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Tests.Vcpus;

/// <summary>The way from id to index beside a dictionary, with ids as machines number them and as nobody would.</summary>
public sealed class VcpuIdIndexTests(ITestOutputHelper output)
{
    const int MaxIds = 1 << 20;

    static int Find(VcpuIdIndex ids, uint id, Func<int, uint?> idAt)
    {
        // As the table does: the row's answer counts only if the vCPU there has the id.
        var wanted = new VcpuId(id);
        int index = ids.FindInRow(wanted);
        if (index < 0 || idAt(index) != id)
            index = ids.FindApart(wanted);
        return index >= 0 && idAt(index) == id ? index : -1;
    }

    public static TheoryData<string> Numberings => [.. IdNumbering.All.Keys];

    [Theory]
    [MemberData(nameof(Numberings))]
    public void Every_id_leads_to_its_index_and_no_other_does(string numbering)
    {
        uint[] chosen = IdNumbering.All[numbering](1500);
        var ids = new VcpuIdIndex();
        uint? IdAt(int index) => index < chosen.Length ? chosen[index] : null;

        for (int index = 0; index < chosen.Length; index++)
        {
            Assert.Equal(-1, Find(ids, chosen[index], IdAt));
            ids.Add(new VcpuId(chosen[index]), new VcpuIndex(index));
            Assert.Equal(index, Find(ids, chosen[index], IdAt));
        }

        for (int index = 0; index < chosen.Length; index++)
            Assert.Equal(index, Find(ids, chosen[index], IdAt));
        HashSet<uint> taken = [.. chosen];
        for (uint id = 0; id < 5000; id++)
            Assert.Equal(taken.Contains(id), Find(ids, id, IdAt) >= 0);
        Assert.Equal(-1, Find(ids, uint.MaxValue, IdAt));
    }

    [Fact]
    public void Random_additions_and_removals_agree_with_a_dictionary()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 40; round++)
        {
            var ids = new VcpuIdIndex();
            var model = new Dictionary<uint, int>();
            var byIndex = new List<uint?>();
            uint range = (uint)(1 << random.Next(3, 20));
            for (int step = 0; step < 2000; step++)
            {
                uint id = random.Next(3) == 0 ? (uint)byIndex.Count % range : (uint)random.NextInt64(range);
                if (!model.Remove(id, out int index))
                {
                    index = byIndex.IndexOf(null) is var free && free >= 0 ? free : byIndex.Count;
                    if (index == byIndex.Count)
                        byIndex.Add(null);
                    ids.Add(new VcpuId(id), new VcpuIndex(index));
                    byIndex[index] = id;
                    model.Add(id, index);
                }
                else
                {
                    ids.Remove(new VcpuId(id), new VcpuIndex(index));
                    byIndex[index] = null;
                }
                uint asked = (uint)random.NextInt64(range);
                int expected = model.TryGetValue(asked, out int known) ? known : -1;
                Assert.Equal(expected, Find(ids, asked, at => at < byIndex.Count ? byIndex[at] : null));
            }
            foreach ((uint id, int index) in model)
                Assert.Equal(index, Find(ids, id, at => byIndex[at]));
        }
    }

    [Fact]
    public void A_row_of_ids_needs_no_map_wherever_it_begins()
    {
        var ids = new VcpuIdIndex();
        for (int index = 0; index < 1024; index++)
            ids.Add(new VcpuId(3072 + (uint)index), new VcpuIndex(index));

        Assert.Equal((1024, 3072U), (ids.Row, ids.First));
        Assert.Equal((-1, 0, 1023, -1), (InRow(3071), InRow(3072), InRow(4095), InRow(4096)));
        Assert.Equal(-1, ids.FindApart(new VcpuId(4095)));
        Assert.Empty(ids.Places);

        int InRow(uint id) => ids.FindInRow(new VcpuId(id));
    }

    [Theory]
    [InlineData(1U, true)]
    [InlineData(4U, true)]
    [InlineData(7U, true)]
    [InlineData(1000U, false)]
    public void Close_ids_share_a_window_and_distant_ones_are_hashed(uint distance, bool window)
    {
        List<VcpuIdEntry> entries = [.. Enumerable.Range(0, 1000).Select(index => new VcpuIdEntry((uint)index * distance, index))];

        var map = VcpuIdMap.Of(entries);

        Assert.Equal(window, map is VcpuIdWindow);
        Assert.All(entries, entry => Assert.Equal(entry.Index, map.Find(entry.Id)));
        var copy = new List<VcpuIdEntry>();
        map.CopyTo(copy);
        Assert.Equal(entries, copy.OrderBy(entry => entry.Id));
    }

    [Fact]
    public void Ids_far_apart_take_no_room_for_those_between()
    {
        var map = VcpuIdMap.Of([new VcpuIdEntry(0, 0), new VcpuIdEntry(MaxIds - 1, 1)]);

        Assert.IsType<VcpuIdHash>(map);
        Assert.Equal((0, 1, -1), (map.Find(0), map.Find(MaxIds - 1), map.Find(MaxIds / 2)));
    }
}
