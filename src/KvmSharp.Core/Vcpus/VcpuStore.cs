using System;

namespace KvmSharp.Vcpus;

/// <summary>
/// Where a machine keeps its vCPUs. The rules – checks, numbers, the order of publication, removal – stand above the
/// store, once for all designs, in <see cref="VcpuTable"/>; a store finds a vCPU by its index.
/// </summary>
/// <remarks>
/// <para>
/// One writer at a time adds and removes. Readers, from any thread, ask only for indices below a bound that they read
/// before; the bound is raised after the store has taken the vCPU in. Where nothing was removed they find a vCPU at each.
/// </para>
/// <para>
/// A store that must know when readers are gone says so by <see cref="LookupsNeedSection"/>: then they look only inside a
/// read section of the machine's, and what <see cref="TakeRetired"/> hands out is cleared after they have left.
/// </para>
/// </remarks>
abstract class VcpuStore
{
    /// <summary>
    /// All entries in one array that readers may use as it is, for as long as they like; empty where there is none. The
    /// table keeps it at hand, so that looking into it costs no call.
    /// </summary>
    internal virtual Vcpu?[] Flat => [];

    /// <summary>
    /// Whether the table keeps an index of ids; without one, ids are looked for as KVM does. Only for a store that has its
    /// entries in <see cref="Flat"/>.
    /// </summary>
    internal virtual bool IsIndexedById => false;

    /// <summary>Whether readers need a read section to look.</summary>
    internal virtual bool LookupsNeedSection => false;

    /// <summary>The vCPU at an index.</summary>
    internal abstract Vcpu? Get(int index);

    /// <summary>The same for the owner of a vCPU, which is in guest mode or not.</summary>
    internal virtual Vcpu? Get(Vcpu reader, int index) => Get(index);

    /// <summary>Entries that lie side by side.</summary>
    /// <param name="index">The first.</param>
    /// <param name="place">
    /// Where the store notes for itself how far the reader is; null at first. Indices ascend from segment to segment.
    /// </param>
    /// <returns>At least the entry at <paramref name="index"/>.</returns>
    internal abstract ReadOnlySpan<Vcpu?> Segment(int index, scoped ref object? place);

    /// <summary>
    /// Takes in a vCPU whose index is the lowest that was never used, or is free again. Readers may find it as soon as it
    /// is stored, by one release store.
    /// </summary>
    internal abstract void Add(Vcpu vcpu);

    /// <summary>Drops a vCPU; its index finds nothing.</summary>
    internal abstract void Remove(Vcpu vcpu);

    /// <summary>An array that the last addition took out of use and that readers may still look into, once.</summary>
    internal virtual Vcpu?[]? TakeRetired() => null;
}
