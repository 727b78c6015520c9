using Iced.Intel;

namespace KvmSharp.X86.Blocks;

/// <summary>What the decoder reads: a part of an array.</summary>
sealed class ByteRangeReader : CodeReader
{
    byte[] _bytes = [];
    int _end;

    /// <summary>The next byte to be read.</summary>
    internal int Position { get; private set; }

    internal void Reset(byte[] bytes, int start, int end)
    {
        _bytes = bytes;
        Position = start;
        _end = end;
    }

    /// <inheritdoc/>
    public override int ReadByte() => Position < _end ? _bytes[Position++] : -1;
}
