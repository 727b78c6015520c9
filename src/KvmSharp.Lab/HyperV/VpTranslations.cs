using System;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.HyperV;

/// <summary>Translating sets of VP indices, and finding vCPUs by one.</summary>
static class VpTranslations
{
    // Sets, and lookups, of one round; a power of two, so that going round is a mask.
    const int Sets = 1 << 4;
    const int Lookups = 1 << 12;
    const int Seed = 2;

    internal static ScaleMeasure Translate(VpCrowd crowd, int members, ScaleClock clock)
    {
        (VpBankMask Mask, ulong[] Words)[] sets = RandomSets(crowd.Count, members);
        ulong[] words = new ulong[VcpuMask.WordsFor(crowd.Directory.Limit)];
        return clock.Time(count =>
        {
            VpDirectory directory = crowd.Directory;
            var vcpus = new VcpuMask(words);
            for (long translation = 0; translation < count; translation++)
            {
                (VpBankMask mask, ulong[] banks) = sets[translation & (Sets - 1)];
                directory.Translate(new SparseVpSet(mask, banks), vcpus);
            }
            RequireFound(vcpus.Count, members);
        });
    }

    /// <summary>VP indices compared or looked up to translate one set.</summary>
    internal static int Compare(VpCrowd crowd, int members)
    {
        (VpBankMask mask, ulong[] banks) = RandomSets(crowd.Count, members)[0];
        var vcpus = new VcpuMask(new ulong[VcpuMask.WordsFor(crowd.Directory.Limit)]);
        int compared = crowd.Directory.Translate(new SparseVpSet(mask, banks), vcpus);
        RequireFound(vcpus.Count, members);
        return compared;
    }

    internal static ScaleMeasure Find(VpCrowd crowd, ScaleClock clock)
    {
        var random = new Random(Seed);
        var vps = new VpIndex[Lookups];
        for (int lookup = 0; lookup < vps.Length; lookup++)
            vps[lookup] = new VpIndex((uint)random.Next(crowd.Count));
        return clock.Time(count =>
        {
            VpDirectory directory = crowd.Directory;
            long found = 0;
            for (long lookup = 0; lookup < count; lookup++)
                found += directory.TryFind(vps[lookup & (Lookups - 1)], out _) ? 1 : 0;
            RequireFound(found, count);
        });
    }

    static (VpBankMask Mask, ulong[] Words)[] RandomSets(int count, int members)
    {
        var random = new Random(Seed);
        var everyone = new VpIndex[count];
        for (int vp = 0; vp < count; vp++)
            everyone[vp] = new VpIndex((uint)vp);
        var sets = new (VpBankMask, ulong[])[Sets];
        Span<ulong> words = stackalloc ulong[SparseVpSet.Capacity / 64];
        for (int set = 0; set < sets.Length; set++)
        {
            random.Shuffle(everyone);
            SparseVpSet made = SparseVpSet.Of(everyone.AsSpan(0, members), words);
            sets[set] = (made.Mask, made.Words.ToArray());
        }
        return sets;
    }

    static void RequireFound(long found, long expected)
    {
        if (found != expected)
            throw new InvalidOperationException($"0x{found:x} vCPUs were found, not 0x{expected:x}");
    }
}
