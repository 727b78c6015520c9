using Iced.Intel;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Events;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operations;

/// <summary>What an instruction does, for those that are too rare to be worth types of their own.</summary>
/// <returns><see langword="false"/> when it has to stop; <see cref="Cpu.Stop"/> says why.</returns>
delegate bool InstructionHandler(Cpu cpu, in Instruction instruction);

/// <summary>A rare instruction: a method that looks at the operands each time.</summary>
sealed class InterpretedOperation(in Decoded decoded, InstructionHandler handler) : Operation
{
    readonly Instruction _instruction = decoded.Relative;

    internal override bool Execute(Cpu cpu) => handler(cpu, in _instruction) && cpu.Proceed;

    /// <summary>A factory for the forms that a handler takes.</summary>
    internal static OperationFactory Of(InstructionHandler handler) =>
        (in Decoded decoded) => new InterpretedOperation(in decoded, handler);
}

/// <summary>
/// A rare instruction that may change what runs next, or how: segments, privilege, modes, flags that let events in. It sees
/// and may set <see cref="Cpu.NextRip"/>. If it faults, the whole state is put back.
/// </summary>
sealed class InterpretedTransfer(in Decoded decoded, InstructionHandler handler) : Terminator
{
    readonly Instruction _instruction = decoded.Relative;

    internal override Block? Leave(Cpu cpu, Block block)
    {
        CpuState before = cpu.State;
        cpu.NextRip = cpu.RipAt(EndOffset);
        cpu.CurrentRip = cpu.RipAt(Offset);
        if (handler(cpu, in _instruction))
        {
            cpu.UpdateMode();
            cpu.Rip = cpu.NextRip;
            if (cpu.Stop == StopReason.None)
                cpu.Stop = StopReason.Done;
        }
        else if (cpu.Stop is StopReason.Fault or StopReason.DeviceExit or StopReason.Again)
        {
            ulong faultAddress = cpu.State.Cr2;
            cpu.State = before;
            cpu.State.Cr2 = faultAddress;
            cpu.UpdateMode();
        }
        return null;
    }

    /// <summary>A factory for the forms that a handler takes.</summary>
    internal static OperationFactory Of(InstructionHandler handler) =>
        (in Decoded decoded) => new InterpretedTransfer(in decoded, handler);
}
