using KvmSharp.X86.Events;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// Descriptor tables, and loading segment registers from them.
partial class Cpu
{
    /// <summary>Reads a descriptor.</summary>
    /// <param name="selector">Which; not null.</param>
    /// <param name="descriptor">What is there.</param>
    /// <param name="vector">The exception when it lies outside its table, with the selector as error code.</param>
    /// <param name="external">The bit of error codes that says that the program did not ask.</param>
    internal bool TryReadDescriptor(
        Selector selector, out Descriptor descriptor, Vector vector = Vector.GeneralProtection, uint external = 0)
    {
        descriptor = default;
        if (!TryFindDescriptor(selector, out ulong linear))
            return Raise(vector, selector.Error | external);
        if (!TryLoadSystem(linear, sizeof(ulong), out ulong value))
            return false;
        descriptor = new Descriptor(value);
        return true;
    }

    /// <summary>Where a descriptor is.</summary>
    /// <returns>Whether it is inside its table.</returns>
    internal bool TryFindDescriptor(Selector selector, out ulong linear, int bytes = sizeof(ulong))
    {
        ulong tableBase = selector.IsLocal ? State.Ldt.Base : State.Gdt.Base;
        uint limit = selector.IsLocal ? State.Ldt.Limit : State.Gdt.Limit;
        linear = tableBase + selector.Offset;
        if (!IsLong)
            linear = (uint)linear;
        return (!selector.IsLocal || State.Ldt.IsUsable) && selector.Offset + (uint)bytes - 1 <= limit;
    }

    /// <summary>Sets bits in a descriptor's access byte: accessed, or busy.</summary>
    internal bool TrySetAccess(Selector selector, Descriptor descriptor, uint bits)
    {
        if ((descriptor.Attributes & bits) == bits)
            return true;
        TryFindDescriptor(selector, out ulong linear);
        return TryStoreSystem(linear + 5, 1, (byte)(descriptor.Attributes | bits));
    }

    /// <summary>Loads a data segment register, or SS, as MOV, POP and their like do.</summary>
    /// <returns><see langword="false"/> when a fault was raised; the register is as before.</returns>
    internal bool TryLoadSegment(SegmentName name, ushort value)
    {
        if (!IsProtected || (State.SystemFlags & RFlags.VM) != 0)
        {
            LoadRealSegment(name, value);
            return true;
        }
        var selector = new Selector(value);
        if (selector.IsNull)
        {
            // SS can be null in 64-bit code only, and not for users.
            if (name == SegmentName.Ss && (Mode != Blocks.CodeMode.Bits64 || IsUser || selector.Rpl != State.Cpl))
                return Raise(Vector.GeneralProtection, 0);
            SetNullSegment(name, value);
            return true;
        }
        if (!TryReadDescriptor(selector, out Descriptor descriptor))
            return false;
        bool fits = name == SegmentName.Ss
            ? descriptor.IsWritableData && selector.Rpl == State.Cpl && descriptor.Dpl == State.Cpl
            : descriptor.IsReadable
                && ((descriptor.IsCode && descriptor.IsConforming)
                    || (selector.Rpl <= descriptor.Dpl && State.Cpl <= descriptor.Dpl));
        if (!fits)
            return Raise(Vector.GeneralProtection, selector.Error);
        if (!descriptor.IsPresent)
            return Raise(name == SegmentName.Ss ? Vector.StackFault : Vector.SegmentNotPresent, selector.Error);
        if (!TrySetAccess(selector, descriptor, Segment.Accessed))
            return false;
        Segment segment = descriptor.ToSegment(value);
        segment.Attributes |= Segment.Accessed;
        State.SetSegment(name, segment);
        return true;
    }

    /// <summary>Loads a segment register as real mode does: the base follows the selector, the rest stays.</summary>
    internal void LoadRealSegment(SegmentName name, ushort value)
    {
        Segment segment = State.Segments[(int)name];
        segment.Selector = value;
        segment.Base = (ulong)value << 4;
        if (name == SegmentName.Cs)
            segment.Attributes = Segment.Real(value, Segment.Writable | Segment.Accessed).Attributes | Segment.Code;
        segment.Attributes &= ~Segment.Unusable;
        State.SetSegment(name, segment);
    }

    /// <summary>Leaves a segment register null. In 64-bit mode the bases of FS and GS stay, as processors of AMD have it.</summary>
    internal void SetNullSegment(SegmentName name, ushort value)
    {
        Segment segment = Segment.Null(value);
        if (name == SegmentName.Ss)
            segment.Attributes |= (uint)State.Cpl << Segment.DplShift;
        State.SetSegment(name, segment);
    }

    /// <summary>Enters a code segment that has been checked.</summary>
    internal void SetCode(Selector selector, Descriptor descriptor, int privilege)
    {
        Segment segment = descriptor.ToSegment(selector.WithRpl(privilege).Value);
        segment.Attributes |= Segment.Accessed;
        State.SetSegment(SegmentName.Cs, segment);
        State.Cpl = privilege;
    }

    /// <summary>Enters a stack segment that has been checked.</summary>
    internal void SetStack(Selector selector, Descriptor descriptor)
    {
        Segment segment = descriptor.ToSegment(selector.Value);
        segment.Attributes |= Segment.Accessed;
        State.SetSegment(SegmentName.Ss, segment);
    }

    /// <summary>After a return to an outer privilege: segments that are too privileged become null.</summary>
    internal void DropPrivilegedSegments()
    {
        foreach (SegmentName name in (System.ReadOnlySpan<SegmentName>)
            [SegmentName.Es, SegmentName.Ds, SegmentName.Fs, SegmentName.Gs])
        {
            ref Segment segment = ref State.Segments[(int)name];
            bool conforming = segment.IsCode && (segment.Attributes & Segment.Conforming) != 0;
            if (segment.IsUsable && !conforming && segment.Dpl < State.Cpl)
                State.SetSegment(name, Segment.Null(0));
        }
    }

    /// <summary>A stack pointer, and outside 64-bit mode a stack segment, for a privilege, from the task's state.</summary>
    /// <param name="privilege">0 … 2.</param>
    /// <param name="selector">The segment; null in 64-bit mode.</param>
    /// <param name="pointer">The pointer.</param>
    internal bool TryReadTaskStack(int privilege, out Selector selector, out ulong pointer)
    {
        selector = new Selector((ushort)privilege);
        pointer = 0;
        if (IsLong)
            return TryReadTask(4 + (8 * privilege), 8, out pointer);
        bool isNarrow = (State.Task.Type & 8) == 0;
        int offset = isNarrow ? 2 + (4 * privilege) : 4 + (8 * privilege);
        int bytes = isNarrow ? 2 : 4;
        if (!TryReadTask(offset, bytes, out pointer) || !TryReadTask(offset + bytes, 2, out ulong segment))
            return false;
        selector = new Selector((ushort)segment);
        return true;
    }

    /// <summary>Reads from the task's state.</summary>
    internal bool TryReadTask(int offset, int bytes, out ulong value)
    {
        value = 0;
        if ((ulong)offset + (ulong)bytes - 1 > State.Task.Limit)
            return Raise(Vector.InvalidTss, new Selector(State.Task.Selector).Error);
        return TryLoadSystem(State.Task.Base + (ulong)offset, bytes, out value);
    }

    /// <summary>Enters the stack segment of an inner privilege, outside 64-bit mode.</summary>
    internal bool TryLoadInnerStack(Selector selector, int privilege, uint external)
    {
        if (selector.IsNull)
            return Raise(Vector.InvalidTss, external);
        if (!TryReadDescriptor(selector, out Descriptor descriptor, Vector.InvalidTss, external))
            return false;
        if (selector.Rpl != privilege || descriptor.Dpl != privilege || !descriptor.IsWritableData)
            return Raise(Vector.InvalidTss, selector.Error | external);
        if (!descriptor.IsPresent)
            return Raise(Vector.StackFault, selector.Error | external);
        if (!TrySetAccess(selector, descriptor, Segment.Accessed))
            return false;
        SetStack(selector, descriptor);
        return true;
    }
}
