using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Privileged;

/// <summary>SYSCALL, SYSRET, SYSENTER, SYSEXIT: to flat segments that no table is asked for.</summary>
static class SystemCalls
{
    const uint FlatCode = Segment.Code | Segment.Readable | Segment.Accessed | Segment.CodeOrData | Segment.Present
        | Segment.Granular;
    const uint FlatData = Segment.Writable | Segment.Accessed | Segment.CodeOrData | Segment.Present | Segment.Granular
        | Segment.Big;
    const int User = 3;

    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Syscall, InterpretedTransfer.Of(Syscall));
        InstructionTable.Add(Mnemonic.Sysret, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => Sysret(cpu, isLong: false)));
        InstructionTable.Add(Mnemonic.Sysretq, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => Sysret(cpu, isLong: true)));
        InstructionTable.Add(Mnemonic.Sysenter, InterpretedTransfer.Of(Sysenter));
        InstructionTable.Add(Mnemonic.Sysexit, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => Sysexit(cpu, isLong: false)));
        InstructionTable.Add(Mnemonic.Sysexitq, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => Sysexit(cpu, isLong: true)));
    }

    static bool Syscall(Cpu cpu, in Instruction instruction)
    {
        ref CpuState state = ref cpu.State;
        if ((state.Efer & Efer.SCE) == 0 || !cpu.IsProtected)
            return cpu.Raise(Vector.InvalidOpcode);
        ushort selector = (ushort)((state.Msrs.Star >> 32) & ~3UL);
        if (cpu.IsLong)
        {
            ulong flags = state.RFlagsValue & ~(state.Msrs.SyscallMask | RFlags.RF);
            if (!cpu.TryStepByLoadedFlags(flags))
                return false;
            ulong target = cpu.IsLong64 ? state.Msrs.LongStar : state.Msrs.CompatibilityStar;
            state.Registers[Register.Rcx] = cpu.NextRip;
            state.Registers[Register.R11] = state.RFlagsValue & ~RFlags.RF;
            state.RFlagsValue = flags;
            SetFlat(cpu, SegmentName.Cs, selector, FlatCode | Segment.Long, 0);
            SetFlat(cpu, SegmentName.Ss, (ushort)(selector + 8), FlatData, 0);
            cpu.NextRip = target;
        }
        else
        {
            state.Registers[Register.Rcx] = cpu.NextRip;
            state.SystemFlags &= ~(RFlags.IF | RFlags.VM | RFlags.RF);
            SetFlat(cpu, SegmentName.Cs, selector, FlatCode | Segment.Big, 0);
            SetFlat(cpu, SegmentName.Ss, (ushort)(selector + 8), FlatData, 0);
            cpu.NextRip = (uint)state.Msrs.Star;
        }
        state.Cpl = 0;
        return true;
    }

    static bool Sysret(Cpu cpu, bool isLong)
    {
        ref CpuState state = ref cpu.State;
        if ((state.Efer & Efer.SCE) == 0 || !cpu.IsProtected)
            return cpu.Raise(Vector.InvalidOpcode);
        if (!cpu.TryRequireSupervisor())
            return false;
        ushort selector = (ushort)(state.Msrs.Star >> 48);
        ulong target = state.Registers[Register.Rcx];
        if (isLong && !cpu.IsCanonical(target))
            return cpu.Raise(Vector.GeneralProtection, 0);
        ulong flags = cpu.IsLong
            ? state.Registers[Register.R11] & RFlags.Defined & ~(RFlags.RF | RFlags.VM)
            : state.RFlagsValue | RFlags.IF;
        if (!cpu.TryStepByLoadedFlags(flags))
            return false;
        if (isLong)
        {
            SetFlat(cpu, SegmentName.Cs, (ushort)((selector + 16) | User), FlatCode | Segment.Long, User);
        }
        else
        {
            target = (uint)target;
            SetFlat(cpu, SegmentName.Cs, (ushort)(selector | User), FlatCode | Segment.Big, User);
        }
        SetFlat(cpu, SegmentName.Ss, (ushort)((selector + 8) | User), FlatData, User);
        state.RFlagsValue = flags;
        state.Cpl = User;
        cpu.NextRip = target;
        return true;
    }

    static bool Sysenter(Cpu cpu, in Instruction instruction)
    {
        ref CpuState state = ref cpu.State;
        if (!cpu.IsProtected || (state.Msrs.SysenterCs & ~3UL) == 0)
            return cpu.Raise(Vector.GeneralProtection, 0);
        ushort selector = (ushort)(state.Msrs.SysenterCs & ~3UL);
        state.SystemFlags &= ~(RFlags.IF | RFlags.VM | RFlags.RF);
        SetFlat(cpu, SegmentName.Cs, selector, FlatCode | (cpu.IsLong ? Segment.Long : Segment.Big), 0);
        SetFlat(cpu, SegmentName.Ss, (ushort)(selector + 8), FlatData, 0);
        state.Registers[Register.Rsp] = cpu.IsLong ? state.Msrs.SysenterEsp : (uint)state.Msrs.SysenterEsp;
        cpu.NextRip = cpu.IsLong ? state.Msrs.SysenterEip : (uint)state.Msrs.SysenterEip;
        state.Cpl = 0;
        return true;
    }

    static bool Sysexit(Cpu cpu, bool isLong)
    {
        ref CpuState state = ref cpu.State;
        if (!cpu.IsProtected || (state.Msrs.SysenterCs & ~3UL) == 0)
            return cpu.Raise(Vector.GeneralProtection, 0);
        if (!cpu.TryRequireSupervisor())
            return false;
        ulong target = state.Registers[Register.Rdx];
        ulong pointer = state.Registers[Register.Rcx];
        if (isLong && (!cpu.IsCanonical(target) || !cpu.IsCanonical(pointer)))
            return cpu.Raise(Vector.GeneralProtection, 0);
        int selector = (int)(state.Msrs.SysenterCs & 0xFFFC) + (isLong ? 32 : 16);
        SetFlat(cpu, SegmentName.Cs, (ushort)(selector | User), FlatCode | (isLong ? Segment.Long : Segment.Big), User);
        SetFlat(cpu, SegmentName.Ss, (ushort)((selector + 8) | User), FlatData, User);
        state.Registers[Register.Rsp] = isLong ? pointer : (uint)pointer;
        cpu.NextRip = isLong ? target : (uint)target;
        state.Cpl = User;
        return true;
    }

    static void SetFlat(Cpu cpu, SegmentName name, ushort selector, uint attributes, int privilege) =>
        cpu.State.SetSegment(name, new Segment
        {
            Selector = selector,
            Limit = uint.MaxValue,
            Attributes = attributes | ((uint)privilege << Segment.DplShift),
        });
}
