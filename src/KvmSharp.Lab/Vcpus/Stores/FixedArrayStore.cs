using System;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus.Stores;

/// <summary>
/// One array for the machine's whole life: as long as the most vCPUs there can be, as KVM had it, or as long as the machine
/// was told at its creation.
/// </summary>
sealed class FixedArrayStore(int length) : VcpuStore
{
    readonly Vcpu?[] _entries = new Vcpu?[length];

    /// <summary>As long as the machine's own maximum.</summary>
    internal static VcpuStoreDesign SizedAtCreation { get; } = new("sized", static maxCount => new FixedArrayStore(maxCount));

    internal override Vcpu?[] Flat => _entries;

    /// <summary>Always of the same length, however few vCPUs there are; more cannot be had.</summary>
    internal static VcpuStoreDesign OfLength(int length) => new($"fixed-{length}", _ => new FixedArrayStore(length), length);

    internal override Vcpu? Get(int index) => Volatile.Read(ref _entries[index]);

    internal override ReadOnlySpan<Vcpu?> Segment(int index, scoped ref object? place) => _entries.AsSpan(index);

    // Pairs with the readers' Volatile.Read: who finds the vCPU finds it complete.
    internal override void Add(Vcpu vcpu) => Volatile.Write(ref _entries[vcpu.Index.Value], vcpu);

    internal override void Remove(Vcpu vcpu) => Volatile.Write(ref _entries[vcpu.Index.Value], null);
}
