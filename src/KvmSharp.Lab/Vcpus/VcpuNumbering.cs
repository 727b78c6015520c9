using System;
using System.Collections.Generic;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>How the vCPUs of a machine are numbered.</summary>
enum VcpuNumbering
{
    /// <summary>As their indices are.</summary>
    Dense,

    /// <summary>With gaps, as APIC ids have them that keep bits for parts of a package: six cores in each eight.</summary>
    Apic,

    /// <summary>At random, below 2^20.</summary>
    Scattered,
}

static class VcpuNumberings
{
    const int Seed = 1;
    const int CoresUsed = 6;
    const int CoresNumbered = 8;

    internal const int MaxIds = 1 << 20;

    internal static VcpuId[] Ids(this VcpuNumbering numbering, int count)
    {
        var random = new Random(Seed);
        var taken = new HashSet<int>();
        var ids = new VcpuId[count];
        for (int index = 0; index < count; index++)
        {
            int id = index;
            if (numbering == VcpuNumbering.Apic)
                id = (index / CoresUsed * CoresNumbered) + (index % CoresUsed);
            while (numbering == VcpuNumbering.Scattered && !taken.Add(id = random.Next(MaxIds)))
            {
            }
            ids[index] = new VcpuId((uint)id);
        }
        return ids;
    }
}
