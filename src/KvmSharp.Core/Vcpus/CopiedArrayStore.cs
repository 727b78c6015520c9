using System;
using System.Threading;

namespace KvmSharp.Vcpus;

/// <summary>The default store: one array, copied when it is full into one that is a little longer.</summary>
/// <remarks>
/// Readers of an array that was replaced go on with it, and the collector keeps it while they do, so looking needs no
/// section and adding waits for nobody. The step is a small part of the length: what is reserved in advance stays a few
/// per cent, and what is copied in all stays in proportion to the number of vCPUs.
/// </remarks>
sealed class CopiedArrayStore : VcpuStore
{
    // The array grows by 1 / 2^GrowthShift, and by one at least.
    const int GrowthShift = 6;

    // The writer's; readers get it from the table, which publishes it.
    Vcpu?[] _entries = [];

    internal static VcpuStoreDesign Design { get; } = new("copied-array", static _ => new CopiedArrayStore());

    internal override Vcpu?[] Flat => _entries;

    internal override bool IsIndexedById => true;

    internal override Vcpu? Get(int index) => Volatile.Read(ref _entries)[index];

    internal override ReadOnlySpan<Vcpu?> Segment(int index, scoped ref object? place) => Volatile.Read(ref _entries).AsSpan(index);

    internal override void Add(Vcpu vcpu)
    {
        int index = vcpu.Index.Value;
        Vcpu?[] entries = _entries;
        if (index == entries.Length)
        {
            entries = new Vcpu?[index + 1 + (index >> GrowthShift)];
            _entries.CopyTo(entries, 0);
        }
        // Pairs with Get: who finds the vCPU finds it complete; who finds the array finds what is in it.
        Volatile.Write(ref entries[index], vcpu);
        Volatile.Write(ref _entries, entries);
    }

    internal override void Remove(Vcpu vcpu) => Volatile.Write(ref _entries[vcpu.Index.Value], null);
}
