namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids that go up as indices do, from the first one on: their map is the store's own array.</summary>
/// <param name="first">The id that belongs to index 0.</param>
/// <param name="entries">The array, in which the store keeps each vCPU at its index.</param>
sealed class VcpuIdRow(uint first, Vcpu?[] entries) : VcpuIdMap(VcpuIdHome.From(first), entries)
{
    /// <summary>The row of no vCPUs.</summary>
    internal static VcpuIdRow Empty { get; } = new(0, []);

    /// <summary>Whether the vCPU's index is where the row looks for its id.</summary>
    internal bool Holds(Vcpu vcpu) => Home.Of(vcpu.Id.Value) == (uint)vcpu.Index.Value;

    /// <summary>The same row in the array that the store has now.</summary>
    internal VcpuIdRow In(Vcpu?[] array) => ReferenceEquals(array, Places) ? this : new VcpuIdRow(Home.First, array);

    // The store puts its vCPUs in and takes them out.
    internal override bool TryAdd(Vcpu vcpu) => Holds(vcpu);

    internal override void Remove(Vcpu vcpu)
    {
    }
}
