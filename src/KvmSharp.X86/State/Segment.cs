using System.Runtime.CompilerServices;

namespace KvmSharp.X86.State;

/// <summary>The segment registers, by the number that instructions encode them with.</summary>
enum SegmentName
{
    Es,
    Cs,
    Ss,
    Ds,
    Fs,
    Gs,
}

/// <summary>A segment register with what its descriptor said when it was loaded.</summary>
/// <remarks>
/// <code>
/// attributes:  16        15  14   13  12   7   6:5  4  3:0
///              unusable  G   D/B  L   AVL  P   DPL  S  type
/// </code>
/// </remarks>
struct Segment
{
    internal const uint TypeMask = 0xF;
    internal const uint Accessed = 1 << 0;
    internal const uint Writable = 1 << 1;
    internal const uint Readable = 1 << 1;
    internal const uint ExpandDown = 1 << 2;
    internal const uint Conforming = 1 << 2;
    internal const uint Code = 1 << 3;
    internal const uint CodeOrData = 1 << 4;
    internal const int DplShift = 5;
    internal const uint Present = 1 << 7;
    internal const uint Available = 1 << 12;
    internal const uint Long = 1 << 13;
    internal const uint Big = 1 << 14;
    internal const uint Granular = 1 << 15;
    internal const uint Unusable = 1 << 16;

    /// <summary>Type of a task-state segment that is in use.</summary>
    internal const uint BusyTss = 0xB;

    /// <summary>Type of a local descriptor table.</summary>
    internal const uint Ldt = 0x2;

    /// <summary>Where it starts. Of CS, DS, ES and SS 64-bit code sees 0 instead.</summary>
    internal ulong Base;

    /// <summary>The greatest offset, in bytes, the granularity already applied.</summary>
    internal uint Limit;

    internal uint Attributes;
    internal ushort Selector;

    internal readonly uint Type => Attributes & TypeMask;

    internal readonly int Dpl => (int)(Attributes >> DplShift) & 3;

    internal readonly bool IsUsable => (Attributes & Unusable) == 0;

    internal readonly bool IsCode => (Attributes & (CodeOrData | Code)) == (CodeOrData | Code);

    internal readonly bool IsBig => (Attributes & Big) != 0;

    internal readonly bool IsLong => (Attributes & Long) != 0;

    /// <summary>A null segment, as loading a null selector leaves it.</summary>
    internal static Segment Null(ushort selector) => new() { Selector = selector, Attributes = Unusable };

    /// <summary>A segment as real mode has it after reset: 64 KiB, readable and writable.</summary>
    internal static Segment Real(ushort selector, uint type) => new()
    {
        Selector = selector,
        Base = (ulong)selector << 4,
        Limit = ushort.MaxValue,
        Attributes = Present | CodeOrData | type,
    };
}

/// <summary>The six segment registers; index with <see cref="SegmentName"/>.</summary>
[InlineArray(Count)]
struct Segments
{
    internal const int Count = 6;

    Segment _first;
}

/// <summary>GDTR or IDTR.</summary>
struct DescriptorTable
{
    internal ulong Base;
    internal ushort Limit;
}
