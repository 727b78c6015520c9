namespace KvmSharp.X86.State;

/// <summary>An eight-byte entry of a descriptor table, as memory has it.</summary>
/// <remarks>
/// <code>
///  63:56       55:52      51:48         47:40    39:16      15:0
///  base 31:24  G D/B L A  limit 19:16   access   base 23:0  limit 15:0
/// </code>
/// </remarks>
readonly struct Descriptor(ulong value)
{
    internal ulong Value => value;

    internal ulong Base => ((value >> 16) & 0xFF_FFFF) | ((value >> 56) << 24);

    internal uint Limit
    {
        get
        {
            uint limit = (uint)(value & 0xFFFF) | (uint)((value >> 32) & 0xF_0000);
            return (value & (1UL << 55)) == 0 ? limit : (limit << 12) | 0xFFF;
        }
    }

    /// <summary>The attributes as <see cref="Segment.Attributes"/> has them.</summary>
    internal uint Attributes => (uint)((value >> 40) & 0xF0FF);

    internal uint Type => Attributes & Segment.TypeMask;

    internal int Dpl => (int)(Attributes >> Segment.DplShift) & 3;

    internal bool IsPresent => (Attributes & Segment.Present) != 0;

    /// <summary>Whether it is a gate, a task or a local table rather than code or data.</summary>
    internal bool IsSystem => (Attributes & Segment.CodeOrData) == 0;

    internal bool IsCode => (Attributes & (Segment.CodeOrData | Segment.Code)) == (Segment.CodeOrData | Segment.Code);

    internal bool IsConforming => (Attributes & Segment.Conforming) != 0;

    internal bool IsWritableData =>
        (Attributes & (Segment.CodeOrData | Segment.Code | Segment.Writable)) == (Segment.CodeOrData | Segment.Writable);

    internal bool IsReadable => !IsSystem && (!IsCode || (Attributes & Segment.Readable) != 0);

    internal bool IsLong => (Attributes & Segment.Long) != 0;

    internal bool IsBig => (Attributes & Segment.Big) != 0;

    /// <summary>The segment register that loading it makes.</summary>
    internal Segment ToSegment(ushort selector) =>
        new() { Selector = selector, Base = Base, Limit = Limit, Attributes = Attributes };
}
