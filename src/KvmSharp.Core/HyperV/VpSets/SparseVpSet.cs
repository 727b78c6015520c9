using System;
using System.Numerics;

namespace KvmSharp.HyperV.VpSets;

/// <summary>
/// A set of VP indices as a hypercall's input has it (<c>HV_GENERIC_SET_SPARSE_4K</c>): a word of 64 bits for each bank
/// that its mask names, in ascending order.
/// </summary>
/// <remarks>A view; it copies nothing. Words may be missing at the end: their banks are empty.</remarks>
public readonly ref struct SparseVpSet
{
    /// <summary>VP indices that a set can name.</summary>
    public const int Capacity = VpBank.MaxCount * VpBank.Size;

    /// <summary>Looks at a mask and words as a set.</summary>
    /// <param name="mask">The banks that have a word.</param>
    /// <param name="words">The words; those beyond the mask's count are not looked at.</param>
    public SparseVpSet(VpBankMask mask, ReadOnlySpan<ulong> words)
    {
        Mask = mask;
        Words = words[..Math.Min(words.Length, mask.Count)];
    }

    /// <summary>Which banks have a word.</summary>
    public VpBankMask Mask { get; }

    /// <summary>The words, in ascending order of bank.</summary>
    public ReadOnlySpan<ulong> Words { get; }

    /// <summary>Members.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            foreach (ulong word in Words)
                count += BitOperations.PopCount(word);
            return count;
        }
    }

    /// <summary>Whether a VP index is a member.</summary>
    public bool Contains(VpIndex vp)
    {
        if (!Mask.Contains(vp.Bank))
            return false;
        int rank = Mask.RankOf(vp.Bank);
        return rank < Words.Length && (Words[rank] & vp.Bit) != 0;
    }

    /// <summary>Writes a word for every bank, zero for those that the set does not name.</summary>
    /// <param name="banks">Where they go, by bank; banks beyond its end are left out.</param>
    public void ExpandTo(Span<ulong> banks)
    {
        banks.Clear();
        ulong rest = Mask.Value;
        foreach (ulong word in Words)
        {
            int bank = BitOperations.TrailingZeroCount(rest);
            if (bank >= banks.Length)
                return;
            banks[bank] = word;
            rest &= rest - 1;
        }
    }

    /// <summary>Makes a set of VP indices, with the fewest words.</summary>
    /// <param name="members">The members, below <see cref="Capacity"/>.</param>
    /// <param name="words">Where the words go; 64 always suffice.</param>
    /// <exception cref="ArgumentOutOfRangeException">A member cannot be named.</exception>
    public static SparseVpSet Of(ReadOnlySpan<VpIndex> members, Span<ulong> words)
    {
        Span<ulong> banks = stackalloc ulong[VpBank.MaxCount];
        ulong mask = 0;
        foreach (VpIndex member in members)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(member.Value, (uint)Capacity, nameof(members));
            banks[member.Bank] |= member.Bit;
            mask |= 1UL << member.Bank;
        }
        int count = 0;
        for (ulong rest = mask; rest != 0; rest &= rest - 1)
            words[count++] = banks[BitOperations.TrailingZeroCount(rest)];
        return new SparseVpSet(new VpBankMask(mask), words[..count]);
    }
}
