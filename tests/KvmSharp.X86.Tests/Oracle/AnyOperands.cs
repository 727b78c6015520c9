using System;
using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// Any register, any way of addressing: for an instruction by itself, whose address registers are set before each run
/// (<see cref="GuestCase.PlaceOperands"/>).
/// </summary>
sealed class AnyOperands(RandomSource random) : IOperandChoice
{
    const int Rsp = 4;

    public int Register(OperandShape shape) => shape.Choices == 16 && shape.First.IsGPR()
        ? random.Below(15) is var n && n < Rsp ? n : n + 1
        : random.Below(shape.Choices);

    // Base alone, base and index, index alone, the stack, relative to RIP, or absolute; the registers are free ones, as
    // an operand may need any value.
    public void Place(ref Instruction instruction, bool isBitTest, int size, ulong window, int used)
    {
        int room = HardwareOracle.WindowSize - size;
        bool narrow = random.OneIn(8);
        Register first = narrow ? Iced.Intel.Register.EAX : Iced.Intel.Register.RAX;
        int baseNumber = Free(used);
        int choice = random.Below(8);
        if (isBitTest && choice >= 5)
            choice = 0;
        switch (choice)
        {
            case 0 or 1:
                instruction.MemoryBase = first + baseNumber;
                Displace(ref instruction, Displacement());
                break;
            case 2 or 3:
                instruction.MemoryBase = first + baseNumber;
                instruction.MemoryIndex = first + Free(used | (1 << baseNumber));
                instruction.MemoryIndexScale = 1 << random.Below(4);
                Displace(ref instruction, Displacement());
                break;
            case 4:
                instruction.MemoryIndex = first + baseNumber;
                instruction.MemoryIndexScale = 1;
                Displace(ref instruction, Displacement());
                instruction.MemoryDisplSize = narrow ? 4 : 8;
                break;
            case 5:
                instruction.MemoryBase = Iced.Intel.Register.RSP;
                Displace(ref instruction, (random.Below(Math.Min(room - 512, 256)) & -16) + (random.OneIn(2) ? 8 : 0));
                break;
            case 6:
                instruction.MemoryBase = Iced.Intel.Register.RIP;
                instruction.MemoryDisplacement64 = window + (ulong)(random.Below(room) & -16);
                instruction.MemoryDisplSize = 8;
                break;
            default:
                instruction.MemoryDisplacement64 = window + (ulong)(random.Below(room) & -16);
                instruction.MemoryDisplSize = 8;
                break;
        }
    }

    static void Displace(ref Instruction instruction, int displacement)
    {
        instruction.MemoryDisplacement64 = instruction.MemoryBase.IsGPR32() || instruction.MemoryIndex.IsGPR32()
            ? (uint)displacement
            : (ulong)displacement;
        instruction.MemoryDisplSize = displacement == 0 ? 0 : 1;
    }

    int Displacement() => random.Below(4) switch
    {
        0 => 0,
        1 => (sbyte)random.Next(),
        _ => (int)random.Next() >> random.Below(31),
    };

    int Free(int used)
    {
        while (true)
        {
            int number = random.Below(16);
            if ((used >> number & 1) == 0)
                return number;
        }
    }
}
