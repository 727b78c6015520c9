using System;
using System.Numerics;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids that lie far apart: a hash table, in which an id is at its home or in the next free place.</summary>
/// <remarks>
/// A place has the id beside the vCPU, so that looking touches no vCPU but the one that is found. Places at some distance are
/// those whose numbers differ in the distance's bits: none lies outside the array, and the next is the other of a pair.
/// </remarks>
sealed class VcpuIdHash : VcpuIdMap
{
    // Made a quarter full or less, replaced beyond three eighths: most are at home, nearly all of the rest next door.
    const int PlacesPerId = 4;
    const int MostInEight = 3;

    // 2^32 by the golden ratio: ids that differ in whole groups of low bits come apart.
    const uint Golden = 0x9E3779B9;
    const int IdBits = 32;

    // No vCPU has them: ids lie below a limit that is an int.
    const uint Nobody = uint.MaxValue;
    const uint Gone = Nobody - 1;

    // Places that an id has or has had. The writer's.
    int _used;

    // How far any id is from home; read with Volatile.Read, before the places.
    uint _reach;

    /// <param name="count">How many ids it is made for; it takes more.</param>
    internal VcpuIdHash(int count)
    {
        int lengthBits = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)count * PlacesPerId));
        Shift = IdBits - lengthBits;
        Places = new Place[1 << lengthBits];
        Array.Fill(Places, new Place { Id = Nobody });
    }

    /// <summary>The places, for who looks at an id's home, and next door, without a call: nearly all are there.</summary>
    internal Place[] Places { get; }

    /// <summary>What makes a number of a place of an id's product.</summary>
    internal int Shift { get; }

    /// <summary>Where an id's search begins.</summary>
    internal uint HomeOf(uint id) => Home(id, Shift);

    /// <summary>The same in the table with a <see cref="Shift"/>.</summary>
    internal static uint Home(uint id, int shift) => unchecked(id * Golden) >> shift;

    internal override Vcpu? Find(uint id)
    {
        uint home = HomeOf(id);
        // Pairs with TryAdd: who looks for a vCPU that is there looks far enough.
        uint reach = Volatile.Read(ref _reach);
        for (uint distance = 0; distance <= reach; distance++)
        {
            ref Place place = ref Places[home ^ distance];
            if (place.IsOf(id))
                return place.Vcpu;
        }
        return null;
    }

    internal override bool TryAdd(Vcpu vcpu)
    {
        if ((_used + 1) * 8 > Places.Length * MostInEight)
            return false;
        uint id = vcpu.Id.Value;
        uint distance = Distance(id, Nobody);
        ref Place place = ref Places[HomeOf(id) ^ distance];
        Volatile.Write(ref _reach, uint.Max(_reach, distance));
        // Pairs with Place.IsOf: the vCPU is complete, and in its place before the id is.
        Volatile.Write(ref place.Vcpu, vcpu);
        Volatile.Write(ref place.Id, id);
        _used++;
        return true;
    }

    // The place goes to nobody else: a reader that has just seen the id there must not find another's vCPU.
    internal override void Remove(Vcpu vcpu)
    {
        uint id = vcpu.Id.Value;
        ref Place place = ref Places[HomeOf(id) ^ Distance(id, id)];
        Volatile.Write(ref place.Id, Gone);
        Volatile.Write(ref place.Vcpu, null);
    }

    // How far from an id's home the next place is that has some id.
    uint Distance(uint id, uint sought)
    {
        uint home = HomeOf(id);
        uint distance = 0;
        while (Places[home ^ distance].Id != sought)
            distance++;
        return distance;
    }

    /// <summary>An id and its vCPU.</summary>
    internal struct Place
    {
        internal uint Id;

        /// <summary>To be read after the id: null when the vCPU goes just now.</summary>
        internal Vcpu? Vcpu;

        /// <summary>Whether the place is an id's. Pairs with TryAdd: who sees the id finds its vCPU.</summary>
        internal bool IsOf(uint id) => Volatile.Read(ref Id) == id;
    }
}
