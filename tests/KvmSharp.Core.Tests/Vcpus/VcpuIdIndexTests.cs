using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Vcpus;
using KvmSharp.Vcpus.Ids;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Tests.Vcpus;

/// <summary>The way from id to vCPU beside a dictionary, with ids as machines number them and as nobody would.</summary>
public sealed class VcpuIdIndexTests(ITestOutputHelper output) : IDisposable
{
    const int MaxIds = 1 << 20;

    readonly VirtualMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    public static TheoryData<string> Numberings => [.. IdNumbering.All.Keys];

    [Theory]
    [MemberData(nameof(Numberings))]
    public void Every_id_leads_to_its_vcpu_and_no_other_does(string numbering)
    {
        uint[] chosen = IdNumbering.All[numbering](1500);
        var crowd = new Crowd(_machine);

        foreach (uint id in chosen)
        {
            Assert.Null(crowd.Find(id));
            Vcpu added = crowd.Add(id);
            Assert.Same(added, crowd.Find(id));
        }

        Assert.All(chosen, id => Assert.Equal(id, crowd.Find(id)?.Id.Value));
        HashSet<uint> taken = [.. chosen];
        for (uint id = 0; id < 5000; id++)
            Assert.Equal(taken.Contains(id), crowd.Find(id) is not null);
        Assert.Null(crowd.Find(uint.MaxValue));
    }

    [Fact]
    public void Random_additions_and_removals_agree_with_a_dictionary()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 40; round++)
        {
            var crowd = new Crowd(_machine, removable: true);
            var model = new Dictionary<uint, Vcpu>();
            uint range = (uint)(1 << random.Next(3, 20));
            for (int step = 0; step < 2000; step++)
            {
                uint id = random.Next(3) == 0 ? (uint)crowd.Length % range : (uint)random.NextInt64(range);
                if (model.Remove(id, out Vcpu? known))
                    crowd.Remove(known);
                else
                    model.Add(id, crowd.Add(id));
                uint asked = (uint)random.NextInt64(range);
                Assert.Same(model.GetValueOrDefault(asked), crowd.Find(asked));
            }
            foreach ((uint id, Vcpu vcpu) in model)
                Assert.Same(vcpu, crowd.Find(id));
        }
    }

    [Theory]
    [InlineData(0U)]
    [InlineData(3072U)]
    public void A_row_of_ids_is_found_in_the_stores_array_wherever_it_begins(uint first)
    {
        var crowd = new Crowd(_machine);
        for (uint id = first; id < first + 1024; id++)
            crowd.Add(id);

        Assert.IsType<VcpuIdRow>(Assert.Single(crowd.Maps));
        Assert.Equal((0, 1023), (crowd.Find(first)?.Index.Value, crowd.Find(first + 1023)?.Index.Value));
        Assert.Equal((null, null), (crowd.Find(first - 1), crowd.Find(first + 1024)));
    }

    [Fact]
    public void A_few_ids_beside_a_row_leave_it_and_more_of_them_end_it()
    {
        var crowd = new Crowd(_machine);
        for (uint id = 0; id < 8; id++)
            crowd.Add(id);
        crowd.Add(1000);
        Assert.Equal([typeof(VcpuIdRow), typeof(VcpuIdHash)], crowd.Maps.Select(map => map.GetType()));

        for (uint id = 2000; id < 50_000; id += 1000)
            crowd.Add(id);

        Assert.IsType<VcpuIdHash>(Assert.Single(crowd.Maps));
        Assert.Equal((3U, 1000U, 7000U), (crowd.Find(3)!.Id.Value, crowd.Find(1000)!.Id.Value, crowd.Find(7000)!.Id.Value));
    }

    [Theory]
    [InlineData(1U, true)]
    [InlineData(4U, true)]
    [InlineData(7U, false)]
    [InlineData(1000U, false)]
    public void Close_ids_share_a_window_and_distant_ones_are_hashed(uint distance, bool window)
    {
        List<Vcpu> vcpus = [.. Enumerable.Range(0, 1000).Select(index => New((uint)index * distance, index))];

        var map = VcpuIdMap.Of(vcpus);

        Assert.Equal(window, map is VcpuIdWindow);
        Assert.All(vcpus, vcpu => Assert.Same(vcpu, map.Find(vcpu.Id.Value)));
    }

    [Fact]
    public void Ids_far_apart_take_no_room_for_those_between()
    {
        var map = VcpuIdMap.Of([New(0, 0), New(MaxIds - 1, 1)]);

        Assert.IsType<VcpuIdHash>(map);
        Assert.Equal((0, 1, null), (map.Find(0)?.Index.Value, map.Find(MaxIds - 1)?.Index.Value, map.Find(MaxIds / 2)?.Index.Value));
    }

    [Fact]
    public void Ids_chosen_to_collide_are_found_all_the_same()
    {
        // The inverse of the multiplier modulo 2^32: products that differ in their lowest bits have one home.
        const uint Inverse = 0x144CBC89;
        List<Vcpu> vcpus = [.. Enumerable.Range(0, 100).Select(index => New(unchecked((uint)index * Inverse), index))];

        VcpuIdHash map = Assert.IsType<VcpuIdHash>(VcpuIdMap.Of(vcpus));

        Assert.Single(vcpus.Select(vcpu => map.HomeOf(vcpu.Id.Value)).Distinct());
        Assert.All(vcpus, vcpu => Assert.Same(vcpu, map.Find(vcpu.Id.Value)));
    }

    [Fact]
    public void The_place_of_an_id_that_has_gone_goes_to_no_other()
    {
        // Both have home 0.
        const uint Inverse = 0x144CBC89;
        Vcpu first = New(0, 0);
        Vcpu second = New(Inverse, 1);
        var hash = new VcpuIdHash(count: 4);

        hash.TryAdd(first);
        hash.Remove(first);
        hash.TryAdd(second);

        // Who has read the first id in its place, and reads the vCPU there now, finds nobody.
        Assert.Null(hash.Places[0].Vcpu);
        Assert.Equal((null, second), (hash.Find(0), hash.Find(Inverse)));
    }

    Vcpu New(uint id, int index) => new(_machine, new VcpuId(id), new VcpuIndex(index));

    // An index of ids with the array of a store, as the table keeps them.
    sealed class Crowd(VirtualMachine machine, bool removable = false)
    {
        VcpuIdIndex _ids = new(removable);
        Vcpu?[] _entries = [];

        internal int Length { get; private set; }

        internal IEnumerable<VcpuIdMap> Maps => _ids.Maps;

        internal Vcpu? Find(uint id) => _ids.Find(new VcpuId(id));

        internal Vcpu Add(uint id)
        {
            int free = Array.IndexOf(_entries, null, 0, Length);
            int index = free >= 0 ? free : Length++;
            if (index >= _entries.Length)
                Array.Resize(ref _entries, index + 1 + (index / 8));
            var vcpu = new Vcpu(machine, new VcpuId(id), new VcpuIndex(index));
            _entries[index] = vcpu;
            _ids.Add(vcpu, _entries);
            return vcpu;
        }

        internal void Remove(Vcpu vcpu)
        {
            _ids.Remove(vcpu);
            _entries[vcpu.Index.Value] = null;
        }
    }
}
