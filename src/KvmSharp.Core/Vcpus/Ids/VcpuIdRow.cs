using System;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids that go up as indices do, from the first one on: their map is the store's own array.</summary>
/// <param name="first">The id that belongs to index 0.</param>
/// <param name="entries">The array, in which the store keeps each vCPU at its index.</param>
sealed class VcpuIdRow(uint first, Vcpu?[] entries) : VcpuIdMap
{
    /// <summary>The row of no vCPUs.</summary>
    internal static VcpuIdRow Empty { get; } = new(0, []);

    internal uint First => first;

    /// <summary>Whether the vCPU's index is where the row looks for its id.</summary>
    internal bool Holds(Vcpu vcpu) => unchecked(vcpu.Id.Value - first) == (uint)vcpu.Index.Value;

    /// <summary>The same row in the array that the store has now.</summary>
    internal VcpuIdRow In(Vcpu?[] array) => ReferenceEquals(array, entries) ? this : new VcpuIdRow(first, array);

    internal override Vcpu? Find(uint id)
    {
        uint at = unchecked(id - first);
        return at < (uint)entries.Length && Volatile.Read(ref entries[at]) is { } vcpu && vcpu.Id.Value == id ? vcpu : null;
    }

    // The store puts its vCPUs in.
    internal override bool TryAdd(Vcpu vcpu) => Holds(vcpu);

    internal override void Remove(Vcpu vcpu) =>
        throw new InvalidOperationException("a row is for machines whose vCPUs stay");
}
