using System.Numerics;

namespace KvmSharp.X86.Simd;

/// <summary>CRC32: a step of the checksum with the Castagnoli polynomial.</summary>
static class Crc32
{
    /// <summary>Takes <paramref name="size"/> bytes of <paramref name="data"/> into the checksum.</summary>
    internal static uint Accumulate(uint crc, ulong data, int size) => size switch
    {
        1 => BitOperations.Crc32C(crc, (byte)data),
        2 => BitOperations.Crc32C(crc, (ushort)data),
        4 => BitOperations.Crc32C(crc, (uint)data),
        _ => BitOperations.Crc32C(crc, data),
    };
}
