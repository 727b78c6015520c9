using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;
using IcedRegister = Iced.Intel.Register;

namespace KvmSharp.X86.Privileged;

/// <summary>MOV, PUSH and POP of segment registers, LDS and its like, and the bases of FS and GS.</summary>
static class SegmentInstructions
{
    internal static void Enter()
    {
        foreach (Code code in new[] { Code.Mov_rm16_Sreg, Code.Mov_r32m16_Sreg, Code.Mov_r64m16_Sreg })
            InstructionTable.Add(code, InterpretedOperation.Of(Store));
        foreach (Code code in new[] { Code.Mov_Sreg_rm16, Code.Mov_Sreg_r32m16, Code.Mov_Sreg_r64m16 })
            InstructionTable.Add(code, InterpretedTransfer.Of(Load));
        foreach (Code code in System.Enum.GetValues<Code>())
        {
            string name = code.ToString();
            bool isSegment = name.EndsWith("ES", System.StringComparison.Ordinal)
                || name.EndsWith("CS", System.StringComparison.Ordinal)
                || name.EndsWith("SS", System.StringComparison.Ordinal)
                || name.EndsWith("DS", System.StringComparison.Ordinal)
                || name.EndsWith("FS", System.StringComparison.Ordinal)
                || name.EndsWith("GS", System.StringComparison.Ordinal);
            if (isSegment && code.Mnemonic() == Mnemonic.Push)
                InstructionTable.Add(code, InterpretedOperation.Of(Push));
            else if (isSegment && code.Mnemonic() == Mnemonic.Pop)
                InstructionTable.Add(code, InterpretedTransfer.Of(Pop));
        }
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Lds, Mnemonic.Les, Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lss })
            InstructionTable.Add(mnemonic, InterpretedTransfer.Of(LoadFarPointer));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Rdfsbase, Mnemonic.Rdgsbase, Mnemonic.Wrfsbase, Mnemonic.Wrgsbase })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(AccessBase));
        InstructionTable.Add(Mnemonic.Swapgs, InterpretedOperation.Of(SwapGs));
    }

    static bool Store(Cpu cpu, in Instruction instruction)
    {
        ushort selector = cpu.State.Segments[(int)Decoded.SegmentOf(instruction.Op1Register)].Selector;
        if (instruction.Op0Kind == OpKind.Memory)
        {
            return cpu.TryLinear(in instruction, 2, write: true, out ulong linear) && cpu.TryStoreBits(linear, 16, selector);
        }
        cpu.WriteRegister(instruction.Op0Register, selector);
        return true;
    }

    static bool Load(Cpu cpu, in Instruction instruction)
    {
        ulong value;
        if (instruction.Op1Kind == OpKind.Register)
            value = cpu.ReadRegister(instruction.Op1Register);
        else if (!cpu.TryLinear(in instruction, 2, write: false, out ulong linear) || !cpu.TryLoadBits(linear, 16, out value))
            return false;
        return TryLoad(cpu, instruction.Op0Register, (ushort)value);
    }

    static bool Push(Cpu cpu, in Instruction instruction)
    {
        int bits = System.Math.Abs(instruction.StackPointerIncrement) * 8;
        return cpu.TryPush(bits, cpu.State.Segments[(int)Decoded.SegmentOf(instruction.Op0Register)].Selector);
    }

    static bool Pop(Cpu cpu, in Instruction instruction)
    {
        int bits = System.Math.Abs(instruction.StackPointerIncrement) * 8;
        return cpu.TryPop(bits, out ulong value) && TryLoad(cpu, instruction.Op0Register, (ushort)value);
    }

    static bool TryLoad(Cpu cpu, IcedRegister register, ushort value)
    {
        if (register == IcedRegister.CS)
            return cpu.Raise(Vector.InvalidOpcode);
        if (!cpu.TryLoadSegment(Decoded.SegmentOf(register), value))
            return false;
        if (register == IcedRegister.SS)
            cpu.State.Shadow = InterruptShadow.MovSs;
        return true;
    }

    static bool LoadFarPointer(Cpu cpu, in Instruction instruction)
    {
        int bits = instruction.Op0Register.GetSize() * 8;
        if (!cpu.TryLinear(in instruction, bits / 8, write: false, out ulong linear)
            || !cpu.TryLoadBits(linear, bits, out ulong offset)
            || !cpu.TryLinear(in instruction, bits / 8, 2, write: false, out linear)
            || !cpu.TryLoadBits(linear, 16, out ulong selector))
        {
            return false;
        }
        SegmentName name = instruction.Mnemonic switch
        {
            Mnemonic.Lds => SegmentName.Ds,
            Mnemonic.Les => SegmentName.Es,
            Mnemonic.Lfs => SegmentName.Fs,
            Mnemonic.Lgs => SegmentName.Gs,
            _ => SegmentName.Ss,
        };
        if (!cpu.TryLoadSegment(name, (ushort)selector))
            return false;
        cpu.WriteRegister(instruction.Op0Register, offset);
        return true;
    }

    static bool AccessBase(Cpu cpu, in Instruction instruction)
    {
        if ((cpu.State.Cr4 & Cr4.FSGSBASE) == 0)
            return cpu.Raise(Vector.InvalidOpcode);
        SegmentName name = instruction.Mnemonic is Mnemonic.Rdfsbase or Mnemonic.Wrfsbase ? SegmentName.Fs : SegmentName.Gs;
        Segment segment = cpu.State.Segments[(int)name];
        if (instruction.Mnemonic is Mnemonic.Rdfsbase or Mnemonic.Rdgsbase)
        {
            cpu.WriteRegister(instruction.Op0Register, segment.Base);
            return true;
        }
        segment.Base = cpu.ReadRegister(instruction.Op0Register);
        if (!cpu.IsCanonical(segment.Base))
            return cpu.Raise(Vector.GeneralProtection, 0);
        cpu.State.SetSegment(name, segment);
        return true;
    }

    static bool SwapGs(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRequireSupervisor())
            return false;
        Segment segment = cpu.State.Segments[(int)SegmentName.Gs];
        (segment.Base, cpu.State.Msrs.KernelGsBase) = (cpu.State.Msrs.KernelGsBase, segment.Base);
        cpu.State.SetSegment(SegmentName.Gs, segment);
        return true;
    }
}
