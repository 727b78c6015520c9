using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Privileged;

/// <summary>CLI, STI, PUSHF, POPF, STAC, CLAC: flags that let events in, or change what memory may be touched.</summary>
static class FlagTransfers
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Cli, InterpretedTransfer.Of(ClearInterrupts));
        InstructionTable.Add(Mnemonic.Sti, InterpretedTransfer.Of(SetInterrupts));
        InstructionTable.Add(Mnemonic.Stac, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => SetAccess(cpu, RFlags.AC)));
        InstructionTable.Add(Mnemonic.Clac, InterpretedTransfer.Of((Cpu cpu, in Instruction _) => SetAccess(cpu, 0)));
        AddByBits(Mnemonic.Pushf, Mnemonic.Pushfd, Mnemonic.Pushfq, isPush: true);
        AddByBits(Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popfq, isPush: false);
    }

    static void AddByBits(Mnemonic narrow, Mnemonic wide, Mnemonic @long, bool isPush)
    {
        foreach ((Mnemonic mnemonic, int bits) in new[] { (narrow, 16), (wide, 32), (@long, 64) })
        {
            // Nothing follows from reading the flags; anything may from setting them.
            InstructionTable.Add(
                mnemonic,
                isPush
                    ? InterpretedOperation.Of((Cpu cpu, in Instruction _) => PushFlags(cpu, bits))
                    : InterpretedTransfer.Of((Cpu cpu, in Instruction _) => PopFlags(cpu, bits)));
        }
    }

    static bool ClearInterrupts(Cpu cpu, in Instruction instruction)
    {
        if (!TryRequireIoPrivilege(cpu))
            return false;
        cpu.State.SystemFlags &= ~RFlags.IF;
        return true;
    }

    static bool SetInterrupts(Cpu cpu, in Instruction instruction)
    {
        if (!TryRequireIoPrivilege(cpu))
            return false;
        if ((cpu.State.SystemFlags & RFlags.IF) == 0)
            cpu.State.Shadow = InterruptShadow.Sti;
        cpu.State.SystemFlags |= RFlags.IF;
        return true;
    }

    static bool SetAccess(Cpu cpu, ulong access)
    {
        if (cpu.State.Cpl != 0 || !cpu.IsProtected)
            return cpu.Raise(Vector.InvalidOpcode);
        cpu.State.SystemFlags = (cpu.State.SystemFlags & ~RFlags.AC) | access;
        return true;
    }

    static bool PushFlags(Cpu cpu, int bits) =>
        cpu.TryPush(bits, cpu.State.RFlagsValue & ~(RFlags.VM | RFlags.RF) & Cpu.MaskOf(bits));

    static bool PopFlags(Cpu cpu, int bits)
    {
        if (!cpu.TryPop(bits, out ulong value))
            return false;
        SetFlags(cpu, value, bits, cpu.State.Cpl);
        cpu.State.SystemFlags &= ~RFlags.RF;
        return true;
    }

    /// <summary>Sets what a privilege may set of the flags, and leaves the rest.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="value">The new flags.</param>
    /// <param name="bits">How many of them were given.</param>
    /// <param name="privilege">The privilege of who sets them.</param>
    internal static void SetFlags(Cpu cpu, ulong value, int bits, int privilege)
    {
        int ioPrivilege = (int)(cpu.State.SystemFlags >> RFlags.IOPLShift) & 3;
        ulong changes = RFlags.Arithmetic | RFlags.TF | RFlags.DF | RFlags.NT | RFlags.AC | RFlags.ID | RFlags.RF;
        if (privilege == 0 || !cpu.IsProtected)
            changes |= RFlags.IOPL;
        if (privilege <= ioPrivilege || !cpu.IsProtected)
            changes |= RFlags.IF;
        changes &= Cpu.MaskOf(bits);
        cpu.State.RFlagsValue = (cpu.State.RFlagsValue & ~changes) | (value & changes);
    }

    static bool TryRequireIoPrivilege(Cpu cpu)
    {
        int ioPrivilege = (int)(cpu.State.SystemFlags >> RFlags.IOPLShift) & 3;
        return !cpu.IsProtected || cpu.State.Cpl <= ioPrivilege || cpu.Raise(Vector.GeneralProtection, 0);
    }
}
