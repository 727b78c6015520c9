using System;
using System.Collections.Generic;
using System.Numerics;
using KvmSharp.Addresses;

namespace KvmSharp.X86.Blocks;

/// <summary>A frame of guest memory that code was decoded from: the bytes as they were then, and the blocks.</summary>
/// <remarks>One that is written where it was decoded is thrown away, and a new one takes its place.</remarks>
sealed class CodePage(Gfn frame)
{
    readonly Dictionary<int, Block> _blocks = [];
    readonly ulong[] _decoded = new ulong[Page.Size / BitsPerWord];

    const int BitsPerWord = 64;

    /// <summary>Where it lies.</summary>
    internal Gfn Frame { get; } = frame;

    /// <summary>The page's bytes when it was last compared with memory.</summary>
    internal byte[] Bytes { get; } = new byte[Page.Size];

    /// <summary>The flush count of the vCPU's memory when the bytes were last known to be those in memory.</summary>
    internal long VerifiedAt { get; set; } = -1;

    /// <summary>Whether bytes that were not decoded have been written by this CPU since.</summary>
    internal bool IsStale { get; set; }

    /// <summary>Whether writes by others are announced.</summary>
    internal bool IsTracked { get; set; }

    internal Block? Find(int offset, BlockKey key) => _blocks.GetValueOrDefault(key.At(offset));

    internal void Add(int offset, BlockKey key, Block block) => _blocks[key.At(offset)] = block;

    /// <summary>Notes that bytes have been decoded.</summary>
    internal void MarkDecoded(int offset, int length)
    {
        for (int index = offset; index < offset + length; index++)
            _decoded[index / BitsPerWord] |= 1UL << index;
    }

    /// <summary>Takes over the page's bytes, unless one that was decoded is another.</summary>
    internal bool TryRefresh(ReadOnlySpan<byte> bytes)
    {
        for (int word = 0; word < _decoded.Length; word++)
        {
            for (ulong left = _decoded[word]; left != 0; left &= left - 1)
            {
                int index = (word * BitsPerWord) + BitOperations.TrailingZeroCount(left);
                if (Bytes[index] != bytes[index])
                    return false;
            }
        }
        bytes.CopyTo(Bytes);
        IsStale = false;
        return true;
    }

    /// <summary>Whether any of these bytes was decoded.</summary>
    internal bool IsDecoded(int offset, int length)
    {
        for (int index = offset; index < Math.Min(offset + length, Page.Size); index++)
        {
            if ((_decoded[index / BitsPerWord] & (1UL << index)) != 0)
                return true;
        }
        return false;
    }
}
