using System.Globalization;
using System.Numerics;

namespace KvmSharp.HyperV.VpSets;

/// <summary>Which banks a sparse set has a word for: bit b stands for VP indices 64b … 64b + 63.</summary>
/// <param name="Value">The bits (<c>valid_bank_mask</c>).</param>
public readonly record struct VpBankMask(ulong Value)
{
    /// <summary>Banks that have a word.</summary>
    public int Count => BitOperations.PopCount(Value);

    /// <summary>Whether a bank has a word.</summary>
    /// <param name="bank">Any number; there are no banks from 64 on.</param>
    public bool Contains(int bank) => (uint)bank < VpBank.MaxCount && (Value >> bank & 1) != 0;

    /// <summary>The position of a bank's word among the words of the set.</summary>
    /// <param name="bank">0 … 63.</param>
    public int RankOf(int bank) => BitOperations.PopCount(Value & ((1UL << bank) - 1));

    /// <summary>The bits in hex.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"banks:{Value:x}");
}
