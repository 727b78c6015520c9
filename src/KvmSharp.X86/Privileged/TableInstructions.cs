using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Privileged;

/// <summary>LGDT, LIDT, LLDT, LTR and their stores; LAR, LSL, VERR, VERW, ARPL.</summary>
static class TableInstructions
{
    internal static void Enter()
    {
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Lgdt, Mnemonic.Lidt })
            InstructionTable.Add(mnemonic, InterpretedTransfer.Of(LoadTable));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Sgdt, Mnemonic.Sidt })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(StoreTable));
        InstructionTable.Add(Mnemonic.Lldt, InterpretedTransfer.Of(LoadLocalTable));
        InstructionTable.Add(Mnemonic.Ltr, InterpretedTransfer.Of(LoadTask));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Sldt, Mnemonic.Str })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(StoreSelector));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(Examine));
        InstructionTable.Add(Mnemonic.Arpl, InterpretedOperation.Of(AdjustPrivilege));
    }

    /// <summary>With UMIP, users do not see where tables are.</summary>
    internal static bool TryAllowUser(Cpu cpu) =>
        cpu.State.Cpl == 0 || (cpu.State.Cr4 & Cr4.UMIP) == 0 || cpu.Raise(Vector.GeneralProtection, 0);

    static bool LoadTable(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRequireSupervisor()
            || !cpu.TryLinear(in instruction, 2, write: false, out ulong linear)
            || !cpu.TryLoadBits(linear, 16, out ulong limit)
            || !cpu.TryLinear(in instruction, 2, cpu.IsLong64 ? 8 : 4, write: false, out linear)
            || !cpu.TryLoadBits(linear, cpu.IsLong64 ? 64 : 32, out ulong start))
        {
            return false;
        }
        if (cpu.IsLong64 && !cpu.IsCanonical(start))
            return cpu.Raise(Vector.GeneralProtection, 0);
        // The 16-bit form takes 24 bits.
        if (instruction.Code is Code.Lgdt_m1632_16 or Code.Lidt_m1632_16)
            start &= 0xFF_FFFF;
        var table = new DescriptorTable { Base = start, Limit = (ushort)limit };
        if (instruction.Mnemonic == Mnemonic.Lgdt)
            cpu.State.Gdt = table;
        else
            cpu.State.Idt = table;
        return true;
    }

    static bool StoreTable(Cpu cpu, in Instruction instruction)
    {
        DescriptorTable table = instruction.Mnemonic == Mnemonic.Sgdt ? cpu.State.Gdt : cpu.State.Idt;
        int bytes = cpu.IsLong64 ? 8 : 4;
        return TryAllowUser(cpu)
            && cpu.TryLinear(in instruction, 2, bytes, write: true, out ulong baseAt)
            && cpu.TryProbeWrite(baseAt, bytes)
            && cpu.TryLinear(in instruction, 2, write: true, out ulong limitAt)
            && cpu.TryStoreBits(limitAt, 16, table.Limit)
            && cpu.TryStoreBits(baseAt, bytes * 8, table.Base);
    }

    static bool LoadLocalTable(Cpu cpu, in Instruction instruction)
    {
        if (!TryReadSelector(cpu, in instruction, out Selector selector))
            return false;
        if (selector.IsNull)
        {
            cpu.State.Ldt = Segment.Null(selector.Value);
            return true;
        }
        if (!TryReadSystem(cpu, selector, out Descriptor descriptor, out ulong high))
            return false;
        if (!descriptor.IsSystem || descriptor.Type != Segment.Ldt)
            return cpu.Raise(Vector.GeneralProtection, selector.Error);
        if (!descriptor.IsPresent)
            return cpu.Raise(Vector.SegmentNotPresent, selector.Error);
        cpu.State.Ldt = descriptor.ToSegment(selector.Value);
        cpu.State.Ldt.Base |= high << 32;
        return true;
    }

    static bool LoadTask(Cpu cpu, in Instruction instruction)
    {
        const uint Busy = 2;
        if (!TryReadSelector(cpu, in instruction, out Selector selector))
            return false;
        if (selector.IsNull)
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (!TryReadSystem(cpu, selector, out Descriptor descriptor, out ulong high))
            return false;
        bool fits = descriptor.IsSystem && (descriptor.Type == 9 || (descriptor.Type == 1 && !cpu.IsLong));
        if (!fits)
            return cpu.Raise(Vector.GeneralProtection, selector.Error);
        if (!descriptor.IsPresent)
            return cpu.Raise(Vector.SegmentNotPresent, selector.Error);
        if (!cpu.TrySetAccess(selector, descriptor, Busy))
            return false;
        cpu.State.Task = descriptor.ToSegment(selector.Value);
        cpu.State.Task.Base |= high << 32;
        cpu.State.Task.Attributes |= Busy;
        return true;
    }

    static bool TryReadSelector(Cpu cpu, in Instruction instruction, out Selector selector)
    {
        selector = default;
        if (!cpu.TryRequireProtected() || !cpu.TryRequireSupervisor() || !TryReadWord(cpu, in instruction, 0, out ulong value))
            return false;
        selector = new Selector((ushort)value);
        return !selector.IsLocal || cpu.Raise(Vector.GeneralProtection, selector.Error);
    }

    // In 64-bit mode the entry is twice as long, with the upper half of the base.
    static bool TryReadSystem(Cpu cpu, Selector selector, out Descriptor descriptor, out ulong high)
    {
        high = 0;
        if (!cpu.TryReadDescriptor(selector, out descriptor))
            return false;
        if (!cpu.IsLong)
            return true;
        if (!cpu.TryFindDescriptor(selector, out ulong linear, bytes: 16))
            return cpu.Raise(Vector.GeneralProtection, selector.Error);
        if (!cpu.TryLoadSystem(linear + 8, 8, out high))
            return false;
        high = (uint)high;
        return true;
    }

    static bool TryReadWord(Cpu cpu, in Instruction instruction, int operand, out ulong value)
    {
        if (instruction.GetOpKind(operand) == OpKind.Register)
        {
            value = (ushort)cpu.ReadRegister(instruction.GetOpRegister(operand));
            return true;
        }
        value = 0;
        return cpu.TryLinear(in instruction, 2, write: false, out ulong linear) && cpu.TryLoadBits(linear, 16, out value);
    }

    static bool StoreSelector(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRequireProtected() || !TryAllowUser(cpu))
            return false;
        ushort selector = instruction.Mnemonic == Mnemonic.Sldt ? cpu.State.Ldt.Selector : cpu.State.Task.Selector;
        if (instruction.Op0Kind == OpKind.Memory)
            return cpu.TryLinear(in instruction, 2, write: true, out ulong linear) && cpu.TryStoreBits(linear, 16, selector);
        cpu.WriteRegister(instruction.Op0Register, selector);
        return true;
    }

    // LAR, LSL, VERR, VERW: what cannot be looked at clears ZF and is no fault.
    static bool Examine(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRequireProtected())
            return false;
        bool verifies = instruction.Mnemonic is Mnemonic.Verr or Mnemonic.Verw;
        if (!TryReadWord(cpu, in instruction, verifies ? 0 : 1, out ulong value))
            return false;
        var selector = new Selector((ushort)value);
        Descriptor descriptor = default;
        bool found = !selector.IsNull && cpu.TryFindDescriptor(selector, out _);
        if (found && !cpu.TryReadDescriptor(selector, out descriptor))
            return false;
        bool granted = found && IsGranted(cpu, instruction.Mnemonic, selector, descriptor);
        if (granted && !verifies)
        {
            ulong result = instruction.Mnemonic == Mnemonic.Lsl
                ? descriptor.Limit
                : (descriptor.Value >> 32) & 0x00FF_FF00 & ~0x000F_0000UL;
            cpu.WriteRegister(instruction.Op0Register, result);
        }
        cpu.State.Flags.Replace(RFlags.ZF, granted ? RFlags.ZF : 0);
        return true;
    }

    static bool IsGranted(Cpu cpu, Mnemonic mnemonic, Selector selector, Descriptor descriptor)
    {
        bool outside = !(descriptor.IsCode && descriptor.IsConforming)
            && (selector.Rpl > descriptor.Dpl || cpu.State.Cpl > descriptor.Dpl);
        if (outside)
            return false;
        switch (mnemonic)
        {
            case Mnemonic.Verr:
                return descriptor.IsReadable;
            case Mnemonic.Verw:
                return descriptor.IsWritableData;
        }
        if (!descriptor.IsSystem)
            return true;
        // Tasks and local tables have a limit and rights; of gates, those that can be called have rights.
        return descriptor.Type switch
        {
            1 or 3 => !cpu.IsLong,
            Segment.Ldt or 9 or Segment.BusyTss => true,
            Gate.CallNarrow or Gate.TaskGate => mnemonic == Mnemonic.Lar && !cpu.IsLong,
            Gate.CallWide => mnemonic == Mnemonic.Lar,
            _ => false,
        };
    }

    static bool AdjustPrivilege(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRequireProtected() || !cpu.TryReadForUpdate(in instruction, 0, out ulong value, out ulong linear))
            return false;
        var given = new Selector((ushort)value);
        int wanted = new Selector((ushort)cpu.ReadRegister(instruction.Op1Register)).Rpl;
        bool adjusts = given.Rpl < wanted;
        if (adjusts && !cpu.TryWriteBack(in instruction, 0, linear, given.WithRpl(wanted).Value))
            return false;
        cpu.State.Flags.Replace(RFlags.ZF, adjusts ? RFlags.ZF : 0);
        return true;
    }
}
