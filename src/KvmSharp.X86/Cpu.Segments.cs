using System.Runtime.CompilerServices;
using KvmSharp.X86.Events;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// Segments as 16-bit and 32-bit code sees them.
partial class Cpu
{
    /// <summary>Checks an access against its segment.</summary>
    /// <param name="name">The segment.</param>
    /// <param name="offset">The first byte, already cut to the address size.</param>
    /// <param name="bytes">How many, at least 1.</param>
    /// <param name="write">Whether they are written.</param>
    /// <param name="linear">The linear address.</param>
    /// <returns><see langword="false"/> when a fault was raised.</returns>
    internal bool TrySegment(SegmentName name, ulong offset, int bytes, bool write, out ulong linear)
    {
        const uint Plain = Segment.CodeOrData | Segment.Writable;
        const uint Telling = Plain | Segment.Code | Segment.ExpandDown | Segment.Unusable;
        ref Segment segment = ref State.Segments[(int)name];
        linear = (uint)(segment.Base + offset);
        if ((segment.Attributes & Telling) == Plain && offset + (ulong)(bytes - 1) <= segment.Limit)
            return true;
        return TrySegmentSlowly(in segment, name, offset, bytes, write);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    bool TrySegmentSlowly(in Segment segment, SegmentName name, ulong offset, int bytes, bool write)
    {
        ulong last = offset + (ulong)(bytes - 1);
        bool isCode = (segment.Attributes & Segment.Code) != 0;
        bool expandsDown = !isCode && (segment.Attributes & Segment.ExpandDown) != 0;
        bool allowed = segment.IsUsable
            // Real mode's code segment can be written, too.
            && (write ? (!isCode || !IsProtected) && (segment.Attributes & Segment.Writable) != 0
                : !isCode || (segment.Attributes & Segment.Readable) != 0);
        bool inside = expandsDown
            ? offset > segment.Limit && last <= (segment.IsBig ? uint.MaxValue : ushort.MaxValue)
            : last <= segment.Limit;
        if (allowed && inside)
            return true;
        return Raise(name == SegmentName.Ss ? Vector.StackFault : Vector.GeneralProtection, 0);
    }

    /// <summary>The linear address of an access, in any mode.</summary>
    /// <inheritdoc cref="TrySegment"/>
    internal bool TryLinear(SegmentName name, ulong offset, int bytes, bool write, out ulong linear)
    {
        if (Mode != Blocks.CodeMode.Bits64)
            return TrySegment(name, offset, bytes, write, out linear);
        linear = offset;
        if (name >= SegmentName.Fs)
            linear += State.Segments[(int)name].Base;
        return true;
    }
}
