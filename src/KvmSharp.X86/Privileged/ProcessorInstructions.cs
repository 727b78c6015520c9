using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Devices;
using KvmSharp.X86.Events;
using KvmSharp.X86.Identification;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Privileged;

/// <summary>HLT, CPUID, MSRs, the time-stamp counter, fences, caches, and hypercalls.</summary>
static class ProcessorInstructions
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Hlt, InterpretedTransfer.Of(Halt));
        InstructionTable.Add(Mnemonic.Cpuid, InterpretedOperation.Of(Identify));
        InstructionTable.Add(Mnemonic.Rdmsr, InterpretedOperation.Of(ReadRegister));
        InstructionTable.Add(Mnemonic.Wrmsr, InterpretedTransfer.Of(WriteRegister));
        InstructionTable.Add(Mnemonic.Rdtsc, InterpretedOperation.Of(ReadTimeStamp));
        InstructionTable.Add(Mnemonic.Rdtscp, InterpretedOperation.Of(ReadTimeStamp));
        InstructionTable.Add(Mnemonic.Rdpid, InterpretedOperation.Of(ReadProcessorId));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Wbinvd, Mnemonic.Invd })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(WriteBackCaches));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Clflush, Mnemonic.Clflushopt, Mnemonic.Clwb })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(FlushLine));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Mfence, Mnemonic.Lfence, Mnemonic.Sfence })
            InstructionTable.Add(mnemonic, (in Decoded _) => new Fence());
        // The end of a block: who spins looks at its attention word each time.
        InstructionTable.Add(Mnemonic.Pause, (in Decoded _) => new Pause());
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Vmcall, Mnemonic.Vmmcall })
            InstructionTable.Add(mnemonic, InterpretedTransfer.Of(Hypercall));
    }

    static bool Halt(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRequireSupervisor())
            return false;
        if (cpu.Apic is not null)
        {
            // It waits inside.
            cpu.MpState = KvmMpState.Halted;
            cpu.Stop = StopReason.Done;
            return true;
        }
        cpu.Exit = ExitKind.Halt;
        cpu.Stop = StopReason.DoneExit;
        return true;
    }

    static bool Identify(Cpu cpu, in Instruction instruction)
    {
        ref Registers registers = ref cpu.State.Registers;
        CpuidValue value = cpu.Cpuid.Look(cpu, (uint)registers[Register.Rax], (uint)registers[Register.Rcx]);
        registers[Register.Rax] = value.Eax;
        registers[Register.Rbx] = value.Ebx;
        registers[Register.Rcx] = value.Ecx;
        registers[Register.Rdx] = value.Edx;
        return true;
    }

    static bool ReadRegister(Cpu cpu, in Instruction instruction)
    {
        ref Registers registers = ref cpu.State.Registers;
        if (!cpu.TryRequireSupervisor())
            return false;
        if (!cpu.TryReadMsr((uint)registers[Register.Rcx], out ulong value))
            return cpu.Raise(Vector.GeneralProtection, 0);
        registers[Register.Rax] = (uint)value;
        registers[Register.Rdx] = value >> 32;
        return true;
    }

    static bool WriteRegister(Cpu cpu, in Instruction instruction)
    {
        ref Registers registers = ref cpu.State.Registers;
        if (!cpu.TryRequireSupervisor())
            return false;
        ulong value = ((ulong)(uint)registers[Register.Rdx] << 32) | (uint)registers[Register.Rax];
        return cpu.TryWriteMsr((uint)registers[Register.Rcx], value) || cpu.Raise(Vector.GeneralProtection, 0);
    }

    static bool ReadTimeStamp(Cpu cpu, in Instruction instruction)
    {
        ref Registers registers = ref cpu.State.Registers;
        if ((cpu.State.Cr4 & Cr4.TSD) != 0 && cpu.State.Cpl != 0)
            return cpu.Raise(Vector.GeneralProtection, 0);
        ulong now = cpu.TimeStamp;
        registers[Register.Rax] = (uint)now;
        registers[Register.Rdx] = now >> 32;
        if (instruction.Mnemonic == Mnemonic.Rdtscp)
            registers[Register.Rcx] = (uint)cpu.State.Msrs.TscAux;
        return true;
    }

    static bool ReadProcessorId(Cpu cpu, in Instruction instruction)
    {
        cpu.WriteRegister(instruction.Op0Register, cpu.State.Msrs.TscAux);
        return true;
    }

    // There are no caches of guest memory to write back.
    static bool WriteBackCaches(Cpu cpu, in Instruction instruction) => cpu.TryRequireSupervisor();

    // Faults as a read of the byte would.
    static bool FlushLine(Cpu cpu, in Instruction instruction) =>
        cpu.TryLinear(in instruction, 1, write: false, out ulong linear) && cpu.TryProbeRead(linear);

    // To Hyper-V where that is open. Otherwise to KVM: the number and the arguments are where Linux guests put them; the answer
    // goes to RAX.
    static bool Hypercall(Cpu cpu, in Instruction instruction)
    {
        if (cpu.IsHyperVOpen)
            return cpu.TryCallHyperV();
        const ulong NoSuchCall = unchecked((ulong)-1000L);
        const ulong NotPermitted = unchecked((ulong)-1L);
        ulong number = cpu.IsLong64 ? cpu.State.Registers[Register.Rax] : (uint)cpu.State.Registers[Register.Rax];
        ulong result = cpu.State.Cpl != 0 ? NotPermitted : NoSuchCall;
        if (cpu.State.Cpl == 0 && cpu.Environment.LeavesForHypercall(number))
        {
            var access = new DeviceAccess { Kind = DeviceAccessKind.Hypercall, Address = number, Length = 8, Count = 1 };
            if (!cpu.TryAsk(ref access))
                return false;
            result = access.Data;
        }
        cpu.WriteGeneral(Register.Rax, cpu.IsLong64 ? 64 : 32, result);
        return true;
    }
}
