using System;
using System.Buffers.Binary;
using KvmSharp.Addresses;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.HyperV.Hypercalls;

/// <summary>A call's input in words of eight bytes, wherever it lies: in guest memory, or in registers.</summary>
/// <remarks>
/// In registers, words 0 and 1 are the two general ones and the rest the halves of the XMM registers. The guest may change
/// memory meanwhile, so every word is read once.
/// </remarks>
readonly ref struct HypercallBlock
{
    const int GeneralWords = 2;

    readonly GuestMemory _memory;
    readonly HypercallRegisters _registers;

    internal HypercallBlock(GuestMemory memory, in HypercallRegisters registers)
    {
        _memory = memory;
        _registers = registers;
    }

    internal bool IsFast => _registers.Input.IsFast;

    /// <summary>Reads words.</summary>
    /// <param name="first">The first word's number in the block.</param>
    /// <param name="words">Where they go; some 64 at most.</param>
    /// <returns><see langword="false"/> when not all of them are there.</returns>
    internal bool TryRead(int first, Span<ulong> words)
    {
        if (IsFast)
            return TryReadRegisters(first, words);
        Span<byte> bytes = stackalloc byte[words.Length * sizeof(ulong)];
        var gpa = new Gpa(unchecked(_registers.First + ((ulong)(uint)first * sizeof(ulong))));
        if (!_memory.TryRead(gpa, bytes, out _))
            return false;
        for (int word = 0; word < words.Length; word++)
            words[word] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(word * sizeof(ulong))..]);
        return true;
    }

    /// <summary>Reads the words of a sparse set.</summary>
    /// <param name="first">The first word's number in the block.</param>
    /// <param name="mask">The banks that have a word.</param>
    /// <param name="banks">
    /// Where they go. As many as fit are read: those are the banks that can have members. In registers all have to be there.
    /// </param>
    /// <returns><see langword="false"/> when not all of them are there.</returns>
    internal bool TryReadBanks(int first, VpBankMask mask, Span<ulong> banks) =>
        (!IsFast || first + mask.Count <= WordsInRegisters)
        && TryRead(first, banks[..Math.Min(banks.Length, mask.Count)]);

    int WordsInRegisters => GeneralWords + _registers.Xmm.Length;

    bool TryReadRegisters(int first, Span<ulong> words)
    {
        if (first + words.Length > WordsInRegisters)
            return false;
        for (int word = 0; word < words.Length; word++)
        {
            words[word] = (first + word) switch
            {
                0 => _registers.First,
                1 => _registers.Second,
                int half => _registers.Xmm[half - GeneralWords],
            };
        }
        return true;
    }
}
