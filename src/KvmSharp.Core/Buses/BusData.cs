using System;
using System.Buffers.Binary;

namespace KvmSharp.Buses;

/// <summary>The bytes of a write as a number.</summary>
static class BusData
{
    /// <summary>1 … 8 bytes, the first one lowest; zeros above them.</summary>
    internal static ulong Pack(ReadOnlySpan<byte> data)
    {
        Span<byte> whole = stackalloc byte[sizeof(ulong)];
        whole.Clear();
        data.CopyTo(whole);
        return BinaryPrimitives.ReadUInt64LittleEndian(whole);
    }
}
