using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace OwnCpu;

/// <summary>
/// A RISC-V hart with a handful of RV64I and one of RV64A's instructions, without privilege levels and paging: what it
/// calls an address is a guest physical address.
/// </summary>
/// <remarks>An instruction completes or leaves no trace, so whatever stopped it can be seen to, and it runs again.</remarks>
sealed partial class Cpu(GuestMemory memory)
{
    const uint InstructionLength = sizeof(uint);

    readonly ulong[] _registers = new ulong[32];

    /// <summary>The address of the next instruction.</summary>
    public ulong Pc { get; set; }

    /// <summary>Instructions completed.</summary>
    public long Retired { get; private set; }

    /// <summary>A register; number 0 is always zero.</summary>
    public ulong this[int register]
    {
        get => _registers[register];
        set
        {
            if (register != 0)
                _registers[register] = value;
        }
    }

    /// <summary>Executes until something needs whoever drives the CPU.</summary>
    public CpuExit Run(Vcpu vcpu)
    {
        // The polling rule: look at NeedsExit now and then. It is one load, so once an instruction is often enough to
        // show it; once a block of instructions would do.
        while (!vcpu.NeedsExit)
        {
            CpuExit exit = Step();
            if (exit != CpuExit.None)
                return exit;
        }
        return CpuExit.Attention;
    }

    /// <summary>Goes past the instruction that asked to wait.</summary>
    public void Skip()
    {
        Pc += InstructionLength;
        Retired++;
    }

    CpuExit Step()
    {
        // Fetching is a read like any other. There is nothing to invalidate when the slot under the program changes.
        if (!memory.TryRead(new Gpa(Pc), out uint word))
            return CpuExit.AccessFault;

        var instruction = new Instruction(word);
        ulong next = Pc + InstructionLength;
        ulong left = this[instruction.Rs1];
        ulong right = this[instruction.Rs2];
        switch (instruction.Opcode)
        {
            case Opcode.Lui:
                this[instruction.Rd] = instruction.ImmediateU;
                break;
            case Opcode.Auipc:
                this[instruction.Rd] = Pc + instruction.ImmediateU;
                break;
            case Opcode.OpImmediate when instruction.Funct3 == 0:
                this[instruction.Rd] = left + instruction.ImmediateI;
                break;
            case Opcode.Op when TryCompute(instruction, left, right, out ulong result):
                this[instruction.Rd] = result;
                break;
            case Opcode.Branch when TryCompare(instruction, left, right, out bool taken):
                if (taken)
                    next = Pc + instruction.ImmediateB;
                break;
            case Opcode.Jal:
                this[instruction.Rd] = next;
                next = Pc + instruction.ImmediateJ;
                break;
            case Opcode.Jalr:
                this[instruction.Rd] = next;
                next = (left + instruction.ImmediateI) & ~1UL;
                break;
            case Opcode.Load:
                if (Load(instruction, new Gpa(left + instruction.ImmediateI)) is var loaded and not CpuExit.None)
                    return loaded;
                break;
            case Opcode.Store:
                if (Store(instruction, new Gpa(left + instruction.ImmediateS), right) is var stored and not CpuExit.None)
                    return stored;
                break;
            case Opcode.Amo:
                if (Atomic(instruction, new Gpa(left), right) is var done and not CpuExit.None)
                    return done;
                break;
            case Opcode.System:
                return word switch
                {
                    Instruction.Ecall => CpuExit.Ecall,
                    Instruction.Ebreak => CpuExit.Ebreak,
                    Instruction.Wfi => CpuExit.WaitForInterrupt,
                    _ => CpuExit.IllegalInstruction,
                };
            default:
                return CpuExit.IllegalInstruction;
        }
        Pc = next;
        Retired++;
        return CpuExit.None;
    }

    static bool TryCompute(Instruction instruction, ulong left, ulong right, out ulong result)
    {
        (bool known, result) = (instruction.Funct7, instruction.Funct3) switch
        {
            (0x00, 0) => (true, left + right),
            (0x20, 0) => (true, left - right),
            (0x00, 1) => (true, left << (int)(right & 63)),
            (0x00, 4) => (true, left ^ right),
            (0x00, 5) => (true, left >> (int)(right & 63)),
            (0x00, 6) => (true, left | right),
            (0x00, 7) => (true, left & right),
            _ => (false, 0UL),
        };
        return known;
    }

    static bool TryCompare(Instruction instruction, ulong left, ulong right, out bool taken)
    {
        (bool known, taken) = instruction.Funct3 switch
        {
            0 => (true, left == right),
            1 => (true, left != right),
            4 => (true, (long)left < (long)right),
            _ => (false, false),
        };
        return known;
    }
}
