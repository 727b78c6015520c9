using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids that lie close together, as APIC ids do: a place for each up to the greatest.</summary>
/// <param name="length">One more than the greatest id; some room is added.</param>
sealed class VcpuIdWindow(uint length)
    : VcpuIdMap(VcpuIdHome.From(0), new Vcpu?[length + (length >> SlackShift)])
{
    // Room for greater ids, as a part of the length.
    const int SlackShift = 4;

    internal override bool TryAdd(Vcpu vcpu)
    {
        uint home = Home.Of(vcpu.Id.Value);
        if (home >= (uint)Places.Length)
            return false;
        // Pairs with VcpuTable.TryFind: who finds the vCPU finds it complete.
        Volatile.Write(ref Places[home], vcpu);
        return true;
    }

    internal override void Remove(Vcpu vcpu) => Volatile.Write(ref Places[Home.Of(vcpu.Id.Value)], null);
}
