using System.Numerics;
using System.Threading;

namespace KvmSharp.InterruptControllers;

/// <summary>A set of interrupt vectors: an APIC's registers of 256 bits.</summary>
/// <remarks>Any thread adds and removes; who looks sees each change whole.</remarks>
sealed class VectorSet
{
    const int Bits = 64;

    // Changed by Interlocked, read with Volatile.Read.
    readonly ulong[] _words = new ulong[256 / Bits];

    /// <summary>The highest vector, −1 for none.</summary>
    internal int Highest
    {
        get
        {
            for (int index = _words.Length - 1; index >= 0; index--)
            {
                ulong word = Volatile.Read(ref _words[index]);
                if (word != 0)
                    return (index * Bits) + BitOperations.Log2(word);
            }
            return -1;
        }
    }

    internal bool Contains(int vector) => (Volatile.Read(ref _words[vector / Bits]) & Bit(vector)) != 0;

    /// <summary>Adds a vector; a full fence.</summary>
    internal void Add(int vector) => Interlocked.Or(ref _words[vector / Bits], Bit(vector));

    /// <summary>Removes a vector; a full fence.</summary>
    internal void Remove(int vector) => Interlocked.And(ref _words[vector / Bits], ~Bit(vector));

    internal void Clear()
    {
        for (int index = 0; index < _words.Length; index++)
            Interlocked.Exchange(ref _words[index], 0);
    }

    /// <summary>32 vectors, as one register of eight shows them.</summary>
    internal uint Part(int index) => (uint)(Volatile.Read(ref _words[index / 2]) >> (32 * (index & 1)));

    /// <summary>Replaces 32 vectors; for state that is loaded while nobody delivers.</summary>
    internal void SetPart(int index, uint value)
    {
        int shift = 32 * (index & 1);
        ulong word = Volatile.Read(ref _words[index / 2]);
        Interlocked.Exchange(ref _words[index / 2], (word & ~(0xFFFF_FFFFUL << shift)) | ((ulong)value << shift));
    }

    static ulong Bit(int vector) => 1UL << (vector % Bits);
}
