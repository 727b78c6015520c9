using System;
using System.Numerics;
using KvmSharp.HyperV.VpSets;

namespace KvmSharp.Lab.HyperV;

/// <summary>The members of a sparse set below a limit, one by one.</summary>
ref struct VpMembers
{
    const int BankBits = 64;

    readonly ReadOnlySpan<ulong> _words;
    readonly int _limit;
    ulong _banks;
    ulong _rest;
    int _bank;
    int _word;
    int _bit;

    internal VpMembers(in SparseVpSet set, int limit)
    {
        _words = set.Words;
        _banks = set.Mask.Value;
        _limit = limit;
    }

    public readonly VpIndex Current => new((uint)((_bank * BankBits) + _bit));

    public readonly VpMembers GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_rest == 0)
        {
            if (_word == _words.Length)
                return false;
            _bank = BitOperations.TrailingZeroCount(_banks);
            _banks &= _banks - 1;
            _rest = _words[_word++];
        }
        _bit = BitOperations.TrailingZeroCount(_rest);
        _rest &= _rest - 1;
        return (_bank * BankBits) + _bit < _limit;
    }
}
