using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids that lie close together, as APIC ids do: a place for each up to the greatest.</summary>
/// <param name="length">One more than the greatest id; some room is added.</param>
sealed class VcpuIdWindow(uint length) : VcpuIdMap
{
    // Room for greater ids, as a part of the length.
    const int SlackShift = 4;

    /// <summary>The window of no vCPUs.</summary>
    internal static VcpuIdWindow Empty { get; } = new(0);

    /// <summary>The vCPU of each id, at that place.</summary>
    internal Vcpu?[] Places { get; } = new Vcpu?[length + (length >> SlackShift)];

    internal override Vcpu? Find(uint id) => id < (uint)Places.Length ? Volatile.Read(ref Places[id]) : null;

    internal override bool TryAdd(Vcpu vcpu)
    {
        uint id = vcpu.Id.Value;
        if (id >= (uint)Places.Length)
            return false;
        // Pairs with VcpuTable.TryFind and Find: who finds the vCPU finds it complete.
        Volatile.Write(ref Places[id], vcpu);
        return true;
    }

    internal override void Remove(Vcpu vcpu) => Volatile.Write(ref Places[vcpu.Id.Value], null);
}
