using System;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus.Stores;

/// <summary>
/// An array that is copied when it grows, and whose former self is freed when its readers have gone: every look, iterations
/// included, happens inside a read section.
/// </summary>
/// <remarks>Clearing the former array stands for freeing it: a reader that still used it would meet holes.</remarks>
/// <param name="step">By how many entries it grows; 0 doubles it.</param>
sealed class RcuArrayStore(int step) : VcpuStore
{
    // Replaced when it is full; readers read it once, inside a section.
    Vcpu?[] _entries = [];
    Vcpu?[]? _retired;

    /// <summary>Twice as long each time: few copies, and up to half of it reserved in advance.</summary>
    internal static VcpuStoreDesign Doubling { get; } =
        new("rcu-array-double", static _ => new RcuArrayStore(step: 0));

    internal override bool LookupsNeedSection => true;

    /// <summary>Longer by the same number of entries each time.</summary>
    internal static VcpuStoreDesign GrowingBy(int step) =>
        new($"rcu-array-{step}", _ => new RcuArrayStore(step));

    internal override Vcpu? Get(int index) => Volatile.Read(ref Volatile.Read(ref _entries)[index]);

    internal override ReadOnlySpan<Vcpu?> Segment(int index, scoped ref object? place) => Volatile.Read(ref _entries).AsSpan(index);

    internal override void Add(Vcpu vcpu)
    {
        int index = vcpu.Index.Value;
        Vcpu?[] entries = _entries;
        if (index == entries.Length)
        {
            entries = new Vcpu?[step != 0 ? index + step : int.Max(1, index * 2)];
            _entries.CopyTo(entries, 0);
            _retired = _entries.Length == 0 ? null : _entries;
        }
        // Pairs with Get and Segment: who finds the vCPU finds it complete; who finds the array finds what is in it.
        Volatile.Write(ref entries[index], vcpu);
        Volatile.Write(ref _entries, entries);
    }

    internal override void Remove(Vcpu vcpu) => Volatile.Write(ref _entries[vcpu.Index.Value], null);

    internal override Vcpu?[]? TakeRetired()
    {
        Vcpu?[]? retired = _retired;
        _retired = null;
        return retired;
    }
}
