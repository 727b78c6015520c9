using System;
using System.Diagnostics;
using System.Numerics;
using KvmSharp.Vcpus;

namespace KvmSharp.HyperV.VpSets;

// Making the next map out of one.
partial class VpBankMap
{
    /// <summary>The map in which a vCPU has another VP index.</summary>
    /// <param name="map">The map before, or <see langword="null"/> when there are no strays.</param>
    /// <param name="words">Words that a bit for each index takes.</param>
    /// <param name="index">The vCPU.</param>
    /// <param name="from">Its VP index in <paramref name="map"/>.</param>
    /// <param name="to">Its VP index in the result.</param>
    /// <returns><see langword="null"/> when there are no strays left.</returns>
    internal static VpBankMap? Move(VpBankMap? map, int words, VcpuIndex index, VpIndex from, VpIndex to)
    {
        VpBankMap moved = map is null
            ? new VpBankMap(new ulong[words], new ulong[words], new int[words][], [])
            : new VpBankMap([.. map._elsewhere], [.. map._held], [.. map._banks], map._others)
            {
                _heldCount = map._heldCount,
            };
        // Taken out and put in again before anybody sees the result.
        if (from.Value != index.Value)
            moved.Remove(from, index.Value);
        if (to.Value != index.Value)
            moved.Add(to, index.Value);
        return moved._heldCount == 0 ? null : moved;
    }

    void Add(VpIndex vp, int index)
    {
        _elsewhere[index >> VpBank.Shift] |= 1UL << index;
        ref int entry = ref CopyOfBank(vp.Bank)[vp.Value & VpBank.BitMask];
        if ((_held[vp.Bank] & vp.Bit) == 0)
        {
            _held[vp.Bank] |= vp.Bit;
            _heldCount++;
            entry = index;
            return;
        }
        int lowest = Lowest(entry);
        InsertOther(vp, Math.Max(lowest, index));
        entry = ~Math.Min(lowest, index);
    }

    void Remove(VpIndex vp, int index)
    {
        _elsewhere[index >> VpBank.Shift] &= ~(1UL << index);
        ref int entry = ref CopyOfBank(vp.Bank)[vp.Value & VpBank.BitMask];
        if (entry >= 0)
        {
            _held[vp.Bank] &= ~vp.Bit;
            _heldCount--;
            if (_held[vp.Bank] == 0)
                _banks[vp.Bank] = null;
            return;
        }
        int lowest = Lowest(entry);
        if (lowest == index)
            lowest = (int)(uint)OthersOf(vp)[0];
        RemoveOther(vp, lowest == Lowest(entry) ? index : lowest);
        entry = OthersOf(vp).IsEmpty ? lowest : ~lowest;
    }

    // A bank that is shared with the map before is not written to.
    int[] CopyOfBank(int bank) => _banks[bank] = _banks[bank] is { } shared ? [.. shared] : new int[VpBank.Size];

    void InsertOther(VpIndex vp, int index)
    {
        ulong key = ((ulong)vp.Value << 32) | (uint)index;
        int at = PositionOf(key);
        _others = [.. _others.AsSpan(..at), key, .. _others.AsSpan(at..)];
    }

    void RemoveOther(VpIndex vp, int index)
    {
        int at = PositionOf(((ulong)vp.Value << 32) | (uint)index);
        _others = [.. _others.AsSpan(..at), .. _others.AsSpan((at + 1)..)];
    }

    /// <summary>Checks the invariants of the type.</summary>
    [Conditional("DEBUG")]
    internal void CheckInvariants() => Verify();

    /// <summary>The same in every build, for tests.</summary>
    /// <exception cref="InvalidOperationException">An invariant does not hold.</exception>
    internal void Verify()
    {
        int held = 0, holders = _others.Length, elsewhere = 0;
        foreach (ulong word in _elsewhere)
            elsewhere += BitOperations.PopCount(word);
        for (int bank = 0; bank < _held.Length; bank++)
        {
            int inBank = BitOperations.PopCount(_held[bank]);
            held += inBank;
            Require(inBank != 0 == _banks[bank] is not null, "a bank has entries if and only if it has a bit");
        }
        for (uint vp = 0; vp < _held.Length * VpBank.Size; vp++)
        {
            var index = new VpIndex(vp);
            if ((_held[index.Bank] & index.Bit) == 0)
                continue;
            holders++;
            int entry = EntryOf(index);
            Require(Lowest(entry) != vp, "a stray does not hold its own index");
            Require(IsElsewhere(new VcpuIndex(Lowest(entry))), "a holder is a stray");
            Require(entry < 0 == !OthersOf(index).IsEmpty, "the complement says that there are others");
            foreach (ulong other in OthersOf(index))
            {
                Require((int)(uint)other > Lowest(entry), "the others are higher");
                Require(IsElsewhere(new VcpuIndex((int)(uint)other)), "a holder is a stray");
            }
        }
        for (int at = 1; at < _others.Length; at++)
            Require(_others[at - 1] < _others[at], "the others are sorted");
        Require(held == _heldCount && held != 0, "the count is of the bits");
        Require(holders == elsewhere, "every stray holds one VP index");
    }

    static void Require(bool holds, string invariant)
    {
        if (!holds)
            throw new InvalidOperationException(invariant);
    }
}
