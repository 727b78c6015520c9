using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Privileged;

/// <summary>Far JMP, CALL and RET; call gates.</summary>
static class FarTransfers
{
    internal static void Enter()
    {
        foreach (Code code in System.Enum.GetValues<Code>())
        {
            if (code.IsJmpFar() || code.IsJmpFarIndirect())
                InstructionTable.Add(code, InterpretedTransfer.Of((Cpu cpu, in Instruction i) => Go(cpu, in i, isCall: false)));
            else if (code.IsCallFar() || code.IsCallFarIndirect())
                InstructionTable.Add(code, InterpretedTransfer.Of((Cpu cpu, in Instruction i) => Go(cpu, in i, isCall: true)));
        }
        InstructionTable.Add(Mnemonic.Retf, InterpretedTransfer.Of(Return));
    }

    static bool Go(Cpu cpu, in Instruction instruction, bool isCall)
    {
        if (!TryReadPointer(cpu, in instruction, out Selector selector, out ulong offset, out int bits))
            return false;
        if (!cpu.IsProtected)
        {
            if (isCall && (!cpu.TryPush(bits, CodeSelector(cpu)) || !cpu.TryPush(bits, cpu.NextRip)))
                return false;
            cpu.LoadRealSegment(SegmentName.Cs, selector.Value);
            cpu.NextRip = offset;
            return true;
        }
        if (selector.IsNull)
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (!cpu.TryReadDescriptor(selector, out Descriptor descriptor))
            return false;
        return descriptor.IsSystem
            ? GoThroughGate(cpu, selector, descriptor, isCall)
            : GoDirectly(cpu, selector, descriptor, offset, bits, isCall);
    }

    static ulong CodeSelector(Cpu cpu) => cpu.State.Segments[(int)SegmentName.Cs].Selector;

    static bool TryReadPointer(Cpu cpu, in Instruction instruction, out Selector selector, out ulong offset, out int bits)
    {
        selector = default;
        offset = 0;
        bits = 0;
        switch (instruction.Op0Kind)
        {
            case OpKind.FarBranch16:
                bits = 16;
                offset = instruction.FarBranch16;
                selector = new Selector(instruction.FarBranchSelector);
                return true;
            case OpKind.FarBranch32:
                bits = 32;
                offset = instruction.FarBranch32;
                selector = new Selector(instruction.FarBranchSelector);
                return true;
        }
        bits = instruction.MemorySize switch
        {
            MemorySize.SegPtr16 => 16,
            MemorySize.SegPtr32 => 32,
            _ => 64,
        };
        if (!cpu.TryLinear(in instruction, bits / 8, write: false, out ulong linear)
            || !cpu.TryLoadBits(linear, bits, out offset)
            || !cpu.TryLinear(in instruction, bits / 8, 2, write: false, out linear)
            || !cpu.TryLoadBits(linear, 16, out ulong value))
        {
            return false;
        }
        selector = new Selector((ushort)value);
        return true;
    }

    static bool GoDirectly(Cpu cpu, Selector selector, Descriptor code, ulong offset, int bits, bool isCall)
    {
        bool allowed = code.IsConforming
            ? code.Dpl <= cpu.State.Cpl
            : selector.Rpl <= cpu.State.Cpl && code.Dpl == cpu.State.Cpl;
        if (!code.IsCode || !allowed || IsContradictory(cpu, code))
            return cpu.Raise(Vector.GeneralProtection, selector.Error);
        if (!code.IsPresent)
            return cpu.Raise(Vector.SegmentNotPresent, selector.Error);
        bool entersLong = cpu.IsLong && code.IsLong;
        if (isCall && (!cpu.TryPush(bits, CodeSelector(cpu)) || !cpu.TryPush(bits, cpu.NextRip)))
            return false;
        if (!IsInside(cpu, code, entersLong, offset))
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (!cpu.TrySetAccess(selector, code, Segment.Accessed))
            return false;
        cpu.SetCode(selector, code, cpu.State.Cpl);
        cpu.NextRip = offset;
        return true;
    }

    static bool GoThroughGate(Cpu cpu, Selector selector, Descriptor descriptor, bool isCall)
    {
        bool isWide = descriptor.Type == Gate.CallWide;
        // Tasks and task gates switch tasks, which this CPU refuses as 64-bit mode does.
        if (!isWide && (descriptor.Type != Gate.CallNarrow || cpu.IsLong))
            return cpu.Raise(Vector.GeneralProtection, selector.Error);
        ulong high = 0;
        if (cpu.IsLong)
        {
            if (!cpu.TryFindDescriptor(selector, out ulong linear, bytes: 16))
                return cpu.Raise(Vector.GeneralProtection, selector.Error);
            if (!cpu.TryLoadSystem(linear + 8, 8, out high))
                return false;
        }
        var gate = new Gate(descriptor.Value, high);
        if (gate.Dpl < cpu.State.Cpl || gate.Dpl < selector.Rpl || (cpu.IsLong && gate.HasUpperType))
            return cpu.Raise(Vector.GeneralProtection, selector.Error);
        if (!gate.IsPresent)
            return cpu.Raise(Vector.SegmentNotPresent, selector.Error);
        if (gate.Selector.IsNull)
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (!cpu.TryReadDescriptor(gate.Selector, out Descriptor code))
            return false;
        bool fits = code.IsCode && code.Dpl <= cpu.State.Cpl && (!cpu.IsLong || (code.IsLong && !code.IsBig))
            && (isCall || code.IsConforming || code.Dpl == cpu.State.Cpl);
        if (!fits)
            return cpu.Raise(Vector.GeneralProtection, gate.Selector.Error);
        if (!code.IsPresent)
            return cpu.Raise(Vector.SegmentNotPresent, gate.Selector.Error);
        if (!cpu.TrySetAccess(gate.Selector, code, Segment.Accessed))
            return false;

        int privilege = code.IsConforming || !isCall ? cpu.State.Cpl : code.Dpl;
        int bits = cpu.IsLong ? 64 : isWide ? 32 : 16;
        ulong target = cpu.IsLong ? gate.Offset : gate.Offset & (isWide ? uint.MaxValue : ushort.MaxValue);
        if (isCall && !TryPushReturn(cpu, in gate, code, privilege, bits))
            return false;
        if (!IsInside(cpu, code, cpu.IsLong, target))
            return cpu.Raise(Vector.GeneralProtection, 0);
        cpu.SetCode(gate.Selector, code, privilege);
        cpu.NextRip = target;
        return true;
    }

    // To an inner privilege the stack changes, and the parameters go along.
    static bool TryPushReturn(Cpu cpu, in Gate gate, Descriptor code, int privilege, int bits)
    {
        ulong oldCode = CodeSelector(cpu);
        if (privilege < cpu.State.Cpl)
        {
            ulong oldStack = cpu.State.Segments[(int)SegmentName.Ss].Selector;
            ulong oldPointer = cpu.StackPointer;
            int parameters = cpu.IsLong ? 0 : gate.Parameters;
            System.Span<ulong> copied = stackalloc ulong[parameters];
            for (int index = 0; index < parameters; index++)
            {
                if (!cpu.TryPeek(index * bits / 8, bits, out copied[index]))
                    return false;
            }
            if (!cpu.TryReadTaskStack(privilege, out Selector stack, out ulong pointer))
                return false;
            cpu.State.Cpl = privilege;
            if (cpu.IsLong)
            {
                cpu.SetCode(gate.Selector, code, privilege);
                cpu.SetNullSegment(SegmentName.Ss, (ushort)privilege);
            }
            else if (!cpu.TryLoadInnerStack(stack, privilege, external: 0))
            {
                return false;
            }
            cpu.UpdateMode();
            cpu.StackPointer = pointer;
            if (!cpu.TryPush(bits, oldStack) || !cpu.TryPush(bits, oldPointer))
                return false;
            for (int index = parameters - 1; index >= 0; index--)
            {
                if (!cpu.TryPush(bits, copied[index]))
                    return false;
            }
        }
        else if (cpu.IsLong)
        {
            cpu.SetCode(gate.Selector, code, privilege);
            cpu.UpdateMode();
        }
        return cpu.TryPush(bits, oldCode) && cpu.TryPush(bits, cpu.NextRip);
    }

    static bool Return(Cpu cpu, in Instruction instruction)
    {
        int bits = instruction.Code switch
        {
            Code.Retfw or Code.Retfw_imm16 => 16,
            Code.Retfd or Code.Retfd_imm16 => 32,
            _ => 64,
        };
        ulong released = instruction.OpCount == 0 ? 0UL : instruction.Immediate16;
        int bytes = bits / 8;
        if (!cpu.TryPeek(0, bits, out ulong offset) || !cpu.TryPeek(bytes, bits, out ulong code))
            return false;
        if (!cpu.IsProtected)
        {
            cpu.StackPointer += (ulong)(2 * bytes) + released;
            cpu.LoadRealSegment(SegmentName.Cs, (ushort)code);
            cpu.NextRip = offset;
            return true;
        }
        var selector = new Selector((ushort)code);
        if (selector.Rpl < cpu.State.Cpl)
            return cpu.Raise(Vector.GeneralProtection, selector.Error);
        if (!TryCheckReturn(cpu, selector, offset, out Descriptor descriptor))
            return false;
        if (selector.Rpl == cpu.State.Cpl)
        {
            cpu.StackPointer += (ulong)(2 * bytes) + released;
            cpu.SetCode(selector, descriptor, cpu.State.Cpl);
            cpu.NextRip = offset;
            return true;
        }
        int at = (2 * bytes) + (int)released;
        if (!cpu.TryPeek(at, bits, out ulong pointer) || !cpu.TryPeek(at + bytes, bits, out ulong stack))
            return false;
        return TryReturnOutward(cpu, selector, descriptor, offset, new Selector((ushort)stack), pointer, bits, released);
    }

    /// <summary>Checks the code segment that a return goes to; the privilege it names is at most the current one's.</summary>
    internal static bool TryCheckReturn(Cpu cpu, Selector selector, ulong offset, out Descriptor code)
    {
        code = default;
        if (selector.IsNull)
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (!cpu.TryReadDescriptor(selector, out code))
            return false;
        bool allowed = code.IsConforming ? code.Dpl <= selector.Rpl : code.Dpl == selector.Rpl;
        if (!code.IsCode || !allowed || IsContradictory(cpu, code))
            return cpu.Raise(Vector.GeneralProtection, selector.Error);
        if (!code.IsPresent)
            return cpu.Raise(Vector.SegmentNotPresent, selector.Error);
        if (!IsInside(cpu, code, cpu.IsLong && code.IsLong, offset))
            return cpu.Raise(Vector.GeneralProtection, 0);
        return cpu.TrySetAccess(selector, code, Segment.Accessed);
    }

    /// <summary>Goes on in an outer privilege: code, stack, and no segment that is too privileged.</summary>
    internal static bool TryReturnOutward(
        Cpu cpu, Selector code, Descriptor descriptor, ulong offset, Selector stack, ulong pointer, int bits, ulong released)
    {
        bool entersLong = cpu.IsLong && descriptor.IsLong;
        if (stack.IsNull)
        {
            if (!entersLong || code.Rpl == 3)
                return cpu.Raise(Vector.GeneralProtection, 0);
            cpu.SetCode(code, descriptor, code.Rpl);
            cpu.SetNullSegment(SegmentName.Ss, stack.Value);
        }
        else
        {
            if (!cpu.TryReadDescriptor(stack, out Descriptor data))
                return false;
            if (stack.Rpl != code.Rpl || data.Dpl != code.Rpl || !data.IsWritableData)
                return cpu.Raise(Vector.GeneralProtection, stack.Error);
            if (!data.IsPresent)
                return cpu.Raise(Vector.StackFault, stack.Error);
            if (!cpu.TrySetAccess(stack, data, Segment.Accessed))
                return false;
            cpu.SetCode(code, descriptor, code.Rpl);
            cpu.SetStack(stack, data);
        }
        cpu.UpdateMode();
        // A 16-bit return leaves the upper part of the stack pointer alone.
        cpu.WriteGeneral(Register.Rsp, bits == 16 && !entersLong ? 16 : 64, pointer + released);
        cpu.DropPrivilegedSegments();
        cpu.NextRip = offset;
        return true;
    }

    // Both 64-bit and 32-bit by default is nothing.
    static bool IsContradictory(Cpu cpu, Descriptor code) => cpu.IsLong && code.IsLong && code.IsBig;

    static bool IsInside(Cpu cpu, Descriptor code, bool entersLong, ulong offset) =>
        entersLong ? cpu.IsCanonical(offset) : offset <= code.Limit;
}
