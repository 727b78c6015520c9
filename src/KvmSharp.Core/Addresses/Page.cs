namespace KvmSharp.Addresses;

/// <summary>The smallest unit of translation, shared by guest and host: 4 KiB.</summary>
public static class Page
{
    /// <summary>log2 of the page size in bytes.</summary>
    public const int Shift = 12;

    /// <summary>The page size in bytes.</summary>
    public const int Size = 1 << Shift;

    /// <summary>The bits of an address that select a byte within its page.</summary>
    public const ulong OffsetMask = Size - 1;

    /// <summary>Whether <paramref name="value"/> (an address or a byte count) is a multiple of the page size.</summary>
    public static bool IsAligned(ulong value) => (value & OffsetMask) == 0;
}
