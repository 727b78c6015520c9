using System.Numerics;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids that lie far apart: a hash table, in which a vCPU is at its id's home or in the next free place.</summary>
/// <remarks>
/// Places at some distance are those whose numbers differ in the distance's bits: none lies outside the array, and the next
/// is the other of a pair.
/// </remarks>
/// <param name="count">How many ids it is made for; it takes more.</param>
sealed class VcpuIdHash(int count)
    : VcpuIdMap(new VcpuIdHome(0, Golden, IdBits - LengthBits(count)), new Vcpu?[1 << LengthBits(count)])
{
    // Made a sixth full or less, replaced at a third: nearly all are at home.
    const int PlacesPerId = 6;
    const int LeastPlacesPerId = 3;

    // 2^32 by the golden ratio: ids that differ in whole groups of low bits come apart.
    const uint Golden = 0x9E3779B9;
    const int IdBits = 32;

    // The writer's.
    int _used;

    // How far any vCPU is from home; read with Volatile.Read, before the places.
    uint _reach;

    internal override Vcpu? Find(uint id)
    {
        uint home = Home.Of(id);
        // Pairs with TryAdd: who looks for a vCPU that is there looks far enough.
        uint reach = Volatile.Read(ref _reach);
        for (uint distance = 0; distance <= reach; distance++)
        {
            if (Volatile.Read(ref Places[home ^ distance]) is { } vcpu && vcpu.Id.Value == id)
                return vcpu;
        }
        return null;
    }

    internal override bool TryAdd(Vcpu vcpu)
    {
        if ((_used + 1) * LeastPlacesPerId > Places.Length)
            return false;
        uint distance = Distance(vcpu.Id.Value, null);
        Volatile.Write(ref _reach, uint.Max(_reach, distance));
        // Pairs with VcpuTable.TryFind and Find: who finds the vCPU finds it complete.
        Volatile.Write(ref Places[Home.Of(vcpu.Id.Value) ^ distance], vcpu);
        _used++;
        return true;
    }

    internal override void Remove(Vcpu vcpu)
    {
        uint id = vcpu.Id.Value;
        Volatile.Write(ref Places[Home.Of(id) ^ Distance(id, vcpu)], null);
        _used--;
    }

    // How far from the id's home the next place is that holds this vCPU, or none.
    uint Distance(uint id, Vcpu? vcpu)
    {
        uint home = Home.Of(id);
        uint distance = 0;
        while (!ReferenceEquals(Places[home ^ distance], vcpu))
            distance++;
        return distance;
    }

    static int LengthBits(int count) => BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)count * PlacesPerId));
}
