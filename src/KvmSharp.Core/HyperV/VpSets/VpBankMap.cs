using System;
using System.Numerics;
using KvmSharp.Vcpus;

namespace KvmSharp.HyperV.VpSets;

/// <summary>
/// The vCPUs whose VP index is not their index – called strays here – at one moment. It does not change once published.
/// </summary>
/// <remarks>
/// Invariants:
/// <list type="bullet">
/// <item>a stray's index has its bit in <c>_elsewhere</c>, its VP index has its bit in <c>_held</c>;</item>
/// <item>a VP index with its bit in <c>_held</c> has an entry in its bank: the lowest index that holds it, complemented
/// if strays of higher index hold it too;</item>
/// <item>those are in <c>_others</c>, which is sorted;</item>
/// <item>a bank without a bit in <c>_held</c> has no entries.</item>
/// </list>
/// </remarks>
sealed partial class VpBankMap
{
    // A bit for each vCPU index.
    readonly ulong[] _elsewhere;

    // A bit for each VP index.
    readonly ulong[] _held;

    // By bank, then by VP index within the bank.
    readonly int[]?[] _banks;

    // (VP index << 32) | index.
    ulong[] _others;

    // Bits set in _held.
    int _heldCount;

    VpBankMap(ulong[] elsewhere, ulong[] held, int[]?[] banks, ulong[] others)
    {
        _elsewhere = elsewhere;
        _held = held;
        _banks = banks;
        _others = others;
    }

    /// <summary>Whether the vCPU at an index has another VP index.</summary>
    internal bool IsElsewhere(VcpuIndex index) =>
        (_elsewhere[index.Value >> VpBank.Shift] >> index.Value & 1) != 0;

    /// <summary>The stray of lowest index that has a VP index, in constant time.</summary>
    internal bool TryFind(VpIndex vp, out VcpuIndex index)
    {
        if ((_held[vp.Bank] & vp.Bit) == 0)
        {
            index = default;
            return false;
        }
        index = new VcpuIndex(Lowest(EntryOf(vp)));
        return true;
    }

    /// <summary>Translates a set; see <see cref="VpDirectory.Translate"/>.</summary>
    internal int Translate(in SparseVpSet set, VcpuMask vcpus)
    {
        Span<ulong> words = vcpus.Words;
        words.Clear();
        int strays = 0;
        ulong rest = set.Mask.Value;
        foreach (ulong members in set.Words)
        {
            int bank = BitOperations.TrailingZeroCount(rest);
            if (bank >= _held.Length)
                break;
            rest &= rest - 1;
            words[bank] = members & ~_elsewhere[bank];
            strays += BitOperations.PopCount(members & _held[bank]);
        }
        return strays <= _heldCount - strays ? PutInMembers(set, words) : TakeOutOthers(set, words);
    }

    int PutInMembers(in SparseVpSet set, Span<ulong> words)
    {
        int lookups = 0;
        ulong rest = set.Mask.Value;
        foreach (ulong members in set.Words)
        {
            int bank = BitOperations.TrailingZeroCount(rest);
            if (bank >= _held.Length)
                break;
            rest &= rest - 1;
            lookups += Toggle(bank, members & _held[bank], words);
        }
        return lookups;
    }

    // Every vCPU has one VP index, so the strays in the set are all strays but those outside it, which are fewer.
    int TakeOutOthers(in SparseVpSet set, Span<ulong> words)
    {
        Span<ulong> wanted = stackalloc ulong[VpBank.MaxCount];
        set.ExpandTo(wanted);
        for (int word = 0; word < _elsewhere.Length; word++)
            words[word] |= _elsewhere[word];
        int lookups = 0;
        for (int bank = 0; bank < _held.Length; bank++)
        {
            // Strays may have VP indices that no set can name.
            ulong members = bank < wanted.Length ? wanted[bank] : 0;
            lookups += Toggle(bank, _held[bank] & ~members, words);
        }
        return lookups;
    }

    /// <summary>Toggles the bits of the strays that hold some VP indices of a bank, once each.</summary>
    /// <returns>How many those are.</returns>
    int Toggle(int bank, ulong bits, Span<ulong> words)
    {
        if (bits == 0)
            return 0;
        int holders = BitOperations.PopCount(bits);
        ReadOnlySpan<int> entries = _banks[bank];
        for (; bits != 0; bits &= bits - 1)
        {
            int bit = BitOperations.TrailingZeroCount(bits);
            int entry = entries[bit];
            if (entry < 0)
            {
                entry = ~entry;
                ReadOnlySpan<ulong> others = OthersOf(new VpIndex((uint)((bank << VpBank.Shift) | bit)));
                holders += others.Length;
                foreach (ulong other in others)
                    words[(int)(uint)other >> VpBank.Shift] ^= 1UL << (int)other;
            }
            words[entry >> VpBank.Shift] ^= 1UL << entry;
        }
        return holders;
    }

    int EntryOf(VpIndex vp) => _banks[vp.Bank]![vp.Value & VpBank.BitMask];

    static int Lowest(int entry) => entry < 0 ? ~entry : entry;

    /// <summary>The strays that hold a VP index besides the one of lowest index.</summary>
    ReadOnlySpan<ulong> OthersOf(VpIndex vp)
    {
        int start = PositionOf((ulong)vp.Value << 32);
        int end = start;
        while (end < _others.Length && _others[end] >> 32 == vp.Value)
            end++;
        return _others.AsSpan(start..end);
    }

    /// <summary>The position of the first of <c>_others</c> that is not below a key.</summary>
    int PositionOf(ulong key)
    {
        int position = _others.AsSpan().BinarySearch(key);
        return position < 0 ? ~position : position;
    }
}
