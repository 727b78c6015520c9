using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.HyperV;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Tests.Slots;
using KvmSharp.Vcpus;
using Xunit;
using Xunit.Sdk;

namespace KvmSharp.Tests.HyperV;

/// <summary>What every way from VP index to vCPU does, beside a search of all vCPUs.</summary>
/// <param name="design">The design.</param>
public abstract class VpDirectoryConformance(VpDirectoryDesign design)
{
    const int Moves = 4000;
    const int MaxVcpus = 200;

    VirtualMachine Create(int maxVcpus, bool removable = false) => new(new VirtualMachineOptions
    {
        AllowVcpuRemoval = removable,
        MaxVcpus = maxVcpus,
        MaxVcpuIds = Math.Max(maxVcpus, 4096),
        HyperV = new HyperVOptions { VpDirectory = design },
    });

    static void Add(VirtualMachine vm, int count)
    {
        for (int added = 0; added < count; added++)
            vm.Vcpus.Create(new VcpuId((uint)vm.Vcpus.Count));
    }

    static void Move(VirtualMachine vm, int index, uint vp)
    {
        Assert.True(vm.Vcpus.TryGet(new VcpuIndex(index), out Vcpu? vcpu));
        Assert.True(vcpu.HyperV.TrySetVpIndex(new VpIndex(vp)));
    }

    static int[] Translate(VirtualMachine vm, params VpIndex[] members)
    {
        Span<ulong> banks = stackalloc ulong[64];
        ulong[] words = new ulong[VcpuMask.WordsFor(vm.HyperV.VpLimit)];
        // What was there before does not matter.
        words.AsSpan().Fill(0xA5A5_A5A5_A5A5_A5A5);
        var vcpus = new VcpuMask(words);
        vm.HyperV.Translate(SparseVpSet.Of(members, banks), vcpus);
        var found = new List<int>();
        foreach (VcpuIndex index in vcpus)
        {
            if (index.Value < vm.Vcpus.Count)
                found.Add(index.Value);
        }
        return [.. found];
    }

    static void AssertAgrees(VirtualMachine vm, VpIndex[] members)
    {
        var expected = new List<int>();
        var lowest = new Dictionary<uint, int>();
        foreach (Vcpu vcpu in vm.Vcpus)
        {
            if (members.Contains(vcpu.VpIndex))
                expected.Add(vcpu.Index.Value);
            if (vcpu.VpIndex.Value == vcpu.Index.Value)
                lowest[vcpu.VpIndex.Value] = vcpu.Index.Value;
            else
                lowest.TryAdd(vcpu.VpIndex.Value, vcpu.Index.Value);
        }
        Assert.Equal(expected, Translate(vm, members));
        foreach (VpIndex member in members)
        {
            bool has = lowest.TryGetValue(member.Value, out int index);
            Assert.Equal(has, vm.HyperV.TryFind(member, out Vcpu? found));
            if (has)
                Assert.Equal(index, found!.Index.Value);
        }
    }

    [Fact]
    public void Random_changes_agree_with_a_search()
    {
        int seed = SlotModelRun.PickSeed();
        int move = 0;
        var random = new Random(seed);
        using VirtualMachine vm = Create(MaxVcpus);
        try
        {
            Add(vm, 2);
            for (; move < Moves; move++)
            {
                if (vm.Vcpus.Count < MaxVcpus && random.Next(20) == 0)
                    Add(vm, 1);
                // Crowded, so that many hold the same; and back home, so that few do.
                int index = random.Next(vm.Vcpus.Count);
                uint vp = random.Next(4) switch
                {
                    0 => (uint)index,
                    1 => (uint)random.Next(8),
                    _ => (uint)random.Next(MaxVcpus),
                };
                Move(vm, index, vp);
                if (vm.HyperV.Directory is VpBankDirectory { Map: { } map })
                    map.Verify();
                AssertAgrees(vm, RandomMembers(random));
            }
            foreach (Vcpu vcpu in vm.Vcpus)
                vcpu.HyperV.TrySetVpIndex(new VpIndex((uint)vcpu.Index.Value));
            Assert.Equal(0, vm.HyperV.MismatchedVpIndices);
            AssertAgrees(vm, RandomMembers(random));
        }
        catch (Exception exception)
        {
            throw new XunitException(
                $"{design}, change {move}; replay with {SlotModelRun.SeedVariable}={seed}: {exception.Message}", exception);
        }
    }

    // From one to nearly all.
    static VpIndex[] RandomMembers(Random random)
    {
        var members = new HashSet<VpIndex>();
        int count = 1 << random.Next(10);
        for (int member = 0; member < count; member++)
            members.Add(new VpIndex((uint)random.Next(random.Next(2) == 0 ? 12 : MaxVcpus + 100)));
        return [.. members];
    }

    [Fact]
    public void A_permutation_of_all_is_found_whole_and_in_part()
    {
        using VirtualMachine vm = Create(1024);
        Add(vm, 1024);
        uint[] numbers = [.. Enumerable.Range(0, 1024).Select(number => (uint)number)];
        new Random(1).Shuffle(numbers);
        for (int index = 0; index < numbers.Length; index++)
            Move(vm, index, numbers[index]);

        VpIndex[] everyone = [.. numbers.Select(number => new VpIndex(number))];
        Assert.Equal(Enumerable.Range(0, 1024), Translate(vm, everyone));
        AssertAgrees(vm, everyone[..700]);
        AssertAgrees(vm, everyone[..300]);
    }

    [Fact]
    public void A_vcpu_that_comes_later_shares_its_index_with_who_has_taken_it()
    {
        using VirtualMachine vm = Create(1024);
        Add(vm, 2);
        Move(vm, 1, 2);
        Assert.Equal([1], Translate(vm, new VpIndex(2)));
        Assert.Empty(Translate(vm, new VpIndex(1)));

        Add(vm, 1);
        Assert.Equal([1, 2], Translate(vm, new VpIndex(2)));
        Assert.True(vm.HyperV.TryFind(new VpIndex(2), out Vcpu? found));
        Assert.Equal(2, found.Index.Value);
    }

    [Fact]
    public void All_may_have_one_vp_index()
    {
        using VirtualMachine vm = Create(1024);
        Add(vm, 300);
        for (int index = 0; index < 300; index++)
            Move(vm, index, 299);
        Assert.Equal(Enumerable.Range(0, 300), Translate(vm, new VpIndex(299)));
        Assert.Empty(Translate(vm, new VpIndex(298)));
        Move(vm, 299, 7);
        Assert.True(vm.HyperV.TryFind(new VpIndex(299), out Vcpu? found));
        Assert.Equal(0, found.Index.Value);
    }

    [Fact]
    public void A_larger_machine_uses_all_banks_a_set_can_name()
    {
        using VirtualMachine vm = Create(5000);
        Add(vm, 3);
        Move(vm, 0, 4095);
        Move(vm, 1, 4999);
        Assert.Equal([0], Translate(vm, new VpIndex(4095), new VpIndex(0), new VpIndex(1)));
        Assert.True(vm.HyperV.TryFind(new VpIndex(4999), out Vcpu? found));
        Assert.Equal(1, found.Index.Value);
        Assert.False(vm.HyperV.TryFind(new VpIndex(5000), out _));
        // All strays but the one that no set can name.
        Move(vm, 2, 4094);
        Assert.Equal([0, 2], Translate(vm, new VpIndex(4095), new VpIndex(4094)));
    }

    [Fact]
    public void A_vcpu_that_is_removed_leaves_its_vp_index()
    {
        using VirtualMachine vm = Create(1024, removable: true);
        Add(vm, 3);
        Move(vm, 1, 9);
        Assert.True(vm.Vcpus.TryGet(new VcpuIndex(1), out Vcpu? gone));
        Assert.Equal(KvmErrno.None, vm.Vcpus.TryRemove(gone));
        Assert.Empty(Translate(vm, new VpIndex(9)));
        Assert.Equal(0, vm.HyperV.MismatchedVpIndices);

        Vcpu next = vm.Vcpus.Create(new VcpuId(9));
        Assert.Equal((1, new VpIndex(1)), (next.Index.Value, next.VpIndex));
        Assert.Equal([1, 2], Translate(vm, new VpIndex(1), new VpIndex(2)));
    }
}
