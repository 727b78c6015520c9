using System;
using System.Numerics;
using KvmSharp.Vcpus;

namespace KvmSharp.HyperV.VpSets;

/// <summary>A set of vCPUs, a bit for each index, in words that the caller lends.</summary>
/// <param name="words">The words; index i is bit i mod 64 of word i div 64.</param>
public readonly ref struct VcpuMask(Span<ulong> words)
{
    const int Shift = 6;
    const int WordBits = 1 << Shift;

    /// <summary>The words.</summary>
    public Span<ulong> Words { get; } = words;

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

    /// <summary>Words that indices below a limit take.</summary>
    public static int WordsFor(int limit) => (limit + WordBits - 1) >> Shift;

    /// <summary>Adds a vCPU.</summary>
    public void Add(VcpuIndex index) => Words[index.Value >> Shift] |= 1UL << index.Value;

    /// <summary>Removes a vCPU.</summary>
    public void Remove(VcpuIndex index) => Words[index.Value >> Shift] &= ~(1UL << index.Value);

    /// <summary>Whether a vCPU is a member.</summary>
    public bool Contains(VcpuIndex index) => (Words[index.Value >> Shift] >> index.Value & 1) != 0;

    /// <summary>The members in ascending order. The one it stands at may be removed meanwhile.</summary>
    public Enumerator GetEnumerator() => new(Words);

    /// <summary>Enumerates the members.</summary>
    public ref struct Enumerator
    {
        readonly ReadOnlySpan<ulong> _words;
        ulong _rest;
        int _word;
        int _bit;

        internal Enumerator(ReadOnlySpan<ulong> words)
        {
            _words = words;
            _word = -1;
        }

        /// <summary>The member that the last <see cref="MoveNext"/> found.</summary>
        public readonly VcpuIndex Current => new((_word << Shift) | _bit);

        /// <summary>Steps to the next member.</summary>
        public bool MoveNext()
        {
            while (_rest == 0)
            {
                if (++_word >= _words.Length)
                    return false;
                _rest = _words[_word];
            }
            _bit = BitOperations.TrailingZeroCount(_rest);
            _rest &= _rest - 1;
            return true;
        }
    }
}
