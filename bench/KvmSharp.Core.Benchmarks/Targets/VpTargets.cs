using System;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>Translating sets of VP indices that are in no order.</summary>
static class VpTargets
{
    const int Seed = 1;
    const int Translations = 1000;

    /// <summary>Nanoseconds for a set of the first VP indices.</summary>
    internal static Timing Translate(int vcpus, int members)
    {
        using VirtualMachine machine = Shuffled(vcpus);
        return Time(machine, members, Library);
    }

    /// <summary>The same as a multiple of a walk over all vCPUs that looks each up in the set.</summary>
    internal static Timing AgainstWalk(int vcpus, int members)
    {
        using VirtualMachine machine = Shuffled(vcpus);
        Timing own = Time(machine, members, Library);
        Timing walk = Time(machine, members, Walk);
        return new Timing(own.Median / walk.Median, own.Best / walk.Best);
    }

    static Timing Time(VirtualMachine machine, int members, Translation translate)
    {
        ulong[] words = new ulong[SparseVpSet.Capacity / 64];
        var vps = new VpIndex[members];
        for (int vp = 0; vp < members; vp++)
            vps[vp] = new VpIndex((uint)vp);
        VpBankMask banks = SparseVpSet.Of(vps, words).Mask;
        ulong[] vcpus = new ulong[VcpuMask.WordsFor(machine.HyperV.VpLimit)];
        return Stopclock.Measure(Translations, () =>
        {
            for (int translation = 0; translation < Translations; translation++)
                translate(machine, new SparseVpSet(banks, words), new VcpuMask(vcpus));
            if (new VcpuMask(vcpus).Count != members)
                throw new InvalidOperationException($"{new VcpuMask(vcpus).Count} of {members} vCPUs were found");
        });
    }

    static void Library(VirtualMachine machine, in SparseVpSet set, VcpuMask mask) => machine.HyperV.Translate(set, mask);

    static void Walk(VirtualMachine machine, in SparseVpSet set, VcpuMask mask)
    {
        Span<ulong> wanted = stackalloc ulong[SparseVpSet.Capacity / 64];
        set.ExpandTo(wanted);
        mask.Words.Clear();
        foreach (Vcpu vcpu in machine.Vcpus)
        {
            VpIndex vp = vcpu.VpIndex;
            if ((wanted[vp.Bank] & vp.Bit) != 0)
                mask.Add(vcpu.Index);
        }
    }

    static VirtualMachine Shuffled(int vcpus)
    {
        var machine = new VirtualMachine();
        uint[] numbers = new uint[vcpus];
        for (uint number = 0; number < numbers.Length; number++)
            numbers[number] = number;
        for (uint id = 0; id < numbers.Length; id++)
            machine.Vcpus.Create(new VcpuId(id));
        new Random(Seed).Shuffle(numbers);
        foreach (Vcpu vcpu in machine.Vcpus)
            vcpu.HyperV.TrySetVpIndex(new VpIndex(numbers[vcpu.Index.Value]));
        return machine;
    }

    delegate void Translation(VirtualMachine machine, in SparseVpSet set, VcpuMask vcpus);
}
