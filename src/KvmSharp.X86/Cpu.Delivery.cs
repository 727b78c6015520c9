using KvmSharp.X86.Events;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// From an event to the first instruction of its handler.
partial class Cpu
{
    /// <summary>Pushes what an event leaves behind and enters its handler.</summary>
    /// <returns><see langword="false"/> when that met an exception itself; the state is as before.</returns>
    bool TryTransferToHandler(in Event @event)
    {
        CpuState before = State;
        bool done = !IsProtected ? TryEnterReal(in @event) : IsLong ? TryEnterLong(in @event) : TryEnterProtected(in @event);
        if (!done)
        {
            ulong faultAddress = State.Cr2;
            State = before;
            State.Cr2 = faultAddress;
        }
        UpdateMode();
        return done;
    }

    bool TryEnterReal(in Event @event)
    {
        uint offset = (uint)@event.Vector * 4;
        if (offset + 3 > State.Idt.Limit)
            return Raise(Vector.GeneralProtection, @event.TableError);
        if (!TryLoadSystem(State.Idt.Base + offset, 4, out ulong entry)
            || !TryPush(16, FlagsToPush(in @event))
            || !TryPush(16, State.Segments[(int)SegmentName.Cs].Selector)
            || !TryPush(16, Rip))
        {
            return false;
        }
        State.SystemFlags &= ~(RFlags.IF | RFlags.TF | RFlags.AC | RFlags.RF);
        LoadRealSegment(SegmentName.Cs, (ushort)(entry >> 16));
        Rip = (ushort)entry;
        return true;
    }

    bool TryEnterProtected(in Event @event)
    {
        uint offset = (uint)@event.Vector * 8;
        if (offset + 7 > State.Idt.Limit)
            return Raise(Vector.GeneralProtection, @event.TableError);
        if (!TryLoadSystem(State.Idt.Base + offset, 8, out ulong value))
            return false;
        var gate = new Gate(value, 0);
        // A task gate would switch tasks, which this CPU refuses as 64-bit mode does.
        if (!gate.IsInterruptOrTrap)
            return Raise(Vector.GeneralProtection, @event.TableError);
        if (!TryCheckGate(in gate, in @event)
            || !TryReadHandler(gate.Selector, @event.External, out Descriptor code))
        {
            return false;
        }

        int privilege = code.IsConforming ? State.Cpl : code.Dpl;
        int bits = gate.IsWide ? 32 : 16;
        ulong flags = FlagsToPush(in @event);
        ulong outerPointer = StackPointer;
        ushort outerStack = State.Segments[(int)SegmentName.Ss].Selector;
        ushort outerCode = State.Segments[(int)SegmentName.Cs].Selector;
        ulong rip = Rip;
        bool changes = privilege < State.Cpl;
        if (changes)
        {
            if (!TryReadTaskStack(privilege, out Selector selector, out ulong pointer))
                return false;
            State.Cpl = privilege;
            if (!TryLoadInnerStack(selector, privilege, @event.External))
                return false;
            UpdateMode();
            StackPointer = pointer;
            if (!TryPush(bits, outerStack) || !TryPush(bits, outerPointer))
                return false;
        }
        if (!TryPush(bits, flags) || !TryPush(bits, outerCode) || !TryPush(bits, rip)
            || (@event.HasError && !TryPush(bits, @event.Error)))
        {
            return false;
        }
        SetCode(gate.Selector, code, privilege);
        return Arrive(in gate, gate.Offset & (bits == 16 ? ushort.MaxValue : uint.MaxValue), code.Limit, @event.External);
    }

    bool TryEnterLong(in Event @event)
    {
        const ulong StackAlignment = 16;
        uint offset = (uint)@event.Vector * 16;
        if (offset + 15 > State.Idt.Limit)
            return Raise(Vector.GeneralProtection, @event.TableError);
        if (!TryLoadSystem(State.Idt.Base + offset, 8, out ulong low)
            || !TryLoadSystem(State.Idt.Base + offset + 8, 8, out ulong high))
        {
            return false;
        }
        var gate = new Gate(low, high);
        if (!gate.IsInterruptOrTrap || !gate.IsWide)
            return Raise(Vector.GeneralProtection, @event.TableError);
        if (!TryCheckGate(in gate, in @event)
            || !TryReadHandler(gate.Selector, @event.External, out Descriptor code))
        {
            return false;
        }
        if (!code.IsLong || code.IsBig)
            return Raise(Vector.GeneralProtection, gate.Selector.Error | @event.External);

        int privilege = code.IsConforming ? State.Cpl : code.Dpl;
        bool changes = privilege < State.Cpl;
        ulong flags = FlagsToPush(in @event);
        ulong outerPointer = State.Registers[Register.Rsp];
        ushort outerStack = State.Segments[(int)SegmentName.Ss].Selector;
        ushort outerCode = State.Segments[(int)SegmentName.Cs].Selector;
        ulong rip = Rip;
        ulong pointer = outerPointer;
        if (gate.StackTable != 0)
        {
            if (!TryReadTask(0x24 + (8 * (gate.StackTable - 1)), 8, out pointer))
                return false;
        }
        else if (changes && !TryReadTaskStack(privilege, out _, out pointer))
        {
            return false;
        }

        SetCode(gate.Selector, code, privilege);
        if (changes)
            SetNullSegment(SegmentName.Ss, (ushort)privilege);
        UpdateMode();
        if (!IsCanonical(pointer))
            return Raise(Vector.StackFault, @event.External);
        State.Registers[Register.Rsp] = pointer & ~(StackAlignment - 1);
        if (!TryPush(64, outerStack) || !TryPush(64, outerPointer) || !TryPush(64, flags)
            || !TryPush(64, outerCode) || !TryPush(64, rip)
            || (@event.HasError && !TryPush(64, @event.Error)))
        {
            return false;
        }
        return Arrive(in gate, gate.Offset, uint.MaxValue, @event.External);
    }

    bool TryCheckGate(in Gate gate, in Event @event)
    {
        if (@event.Kind == EventKind.Software && gate.Dpl < State.Cpl)
            return Raise(Vector.GeneralProtection, @event.TableError);
        return gate.IsPresent || Raise(Vector.SegmentNotPresent, @event.TableError);
    }

    bool TryReadHandler(Selector selector, uint external, out Descriptor code)
    {
        code = default;
        if (selector.IsNull)
            return Raise(Vector.GeneralProtection, external);
        if (!TryReadDescriptor(selector, out code, Vector.GeneralProtection, external))
            return false;
        if (!code.IsCode || code.Dpl > State.Cpl)
            return Raise(Vector.GeneralProtection, selector.Error | external);
        if (!code.IsPresent)
            return Raise(Vector.SegmentNotPresent, selector.Error | external);
        return TrySetAccess(selector, code, Segment.Accessed);
    }

    bool Arrive(in Gate gate, ulong target, uint limit, uint external)
    {
        if (IsLong ? !IsCanonical(target) : target > limit)
            return Raise(Vector.GeneralProtection, external);
        State.SystemFlags &= ~(RFlags.TF | RFlags.NT | RFlags.RF | RFlags.VM);
        if (gate.IsInterrupt)
            State.SystemFlags &= ~RFlags.IF;
        Rip = target;
        return true;
    }

    // A fault's handler returns to the instruction itself, past its breakpoint.
    ulong FlagsToPush(in Event @event)
    {
        bool isFault = @event.Kind == EventKind.Exception
            && (Vector)@event.Vector is not (Vector.Breakpoint or Vector.Overflow or Vector.Debug or Vector.DoubleFault);
        return State.RFlagsValue | (isFault && IsProtected ? RFlags.RF : 0);
    }
}
