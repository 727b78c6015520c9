using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>
/// Operands of a sequence: few registers and a small piece of memory come again and again, so that results flow from one
/// instruction to the next.
/// </summary>
sealed class SequenceOperands(RandomSource random) : IOperandChoice
{
    const int Rsp = 4;
    const int HotOffset = 320;
    const int HotBytes = 64;

    // Bytes above RSP that operands on the stack may use.
    const int StackReach = 128;

    SequencePointers _pointers = SequencePointers.Draw(random, 0);
    readonly int[] _near = new int[5];

    /// <summary>Starts another sequence.</summary>
    internal SequencePointers Begin(ulong window)
    {
        _pointers = SequencePointers.Draw(random, window);
        foreach (ref int number in System.MemoryExtensions.AsSpan(_near))
            number = AnyBut(Rsp);
        return _pointers;
    }

    public int Register(OperandShape shape)
    {
        if (shape.Choices != 16 || random.OneIn(4))
            return shape.First.IsGPR() && shape.Choices == 16 ? AnyBut(Rsp) : random.Below(shape.Choices);
        return shape.First.IsGPR() ? random.Pick<int>(_near) : random.Below(4);
    }

    public void Place(ref Instruction instruction, bool isBitTest, int size, ulong window, int used)
    {
        int alignment = size >= 16 ? 16 : random.OneIn(2) ? 1 : int.Max(size, 1);
        int offset = random.OneIn(2)
            ? HotOffset + random.Below(HotBytes)
            : random.Below(HardwareOracle.WindowSize - size + 1);
        ulong target = window + (ulong)(offset & -alignment);
        bool narrow = random.OneIn(8);
        Register first = narrow ? Iced.Intel.Register.EAX : Iced.Intel.Register.RAX;
        bool isFirst = random.OneIn(2);
        int pointer = isFirst ? _pointers.First : _pointers.Second;
        ulong value = isFirst ? _pointers.FirstValue : _pointers.SecondValue;
        int scale = 1 << random.Below(4);
        switch (random.Below(8))
        {
            case 0 or 1 or 2:
                instruction.MemoryBase = first + pointer;
                Displace(ref instruction, (long)(target - value), narrow);
                break;
            case 3 or 4:
                instruction.MemoryBase = first + pointer;
                instruction.MemoryIndex = first + _pointers.Index;
                instruction.MemoryIndexScale = scale;
                Displace(ref instruction, (long)(target - value) - ((long)_pointers.IndexValue * scale), narrow);
                break;
            case 5:
                instruction.MemoryIndex = first + _pointers.Index;
                instruction.MemoryIndexScale = scale;
                Displace(ref instruction, (long)target - ((long)_pointers.IndexValue * scale), narrow);
                instruction.MemoryDisplSize = narrow ? 4 : 8;
                break;
            case 6 when size < 16:
                instruction.MemoryBase = Iced.Intel.Register.RSP;
                Displace(ref instruction, random.Below(StackReach), narrow: false);
                break;
            default:
                instruction.MemoryBase = random.OneIn(2) ? Iced.Intel.Register.RIP : Iced.Intel.Register.None;
                instruction.MemoryDisplacement64 = target;
                instruction.MemoryDisplSize = 8;
                break;
        }
    }

    static void Displace(ref Instruction instruction, long displacement, bool narrow)
    {
        instruction.MemoryDisplacement64 = narrow ? (uint)displacement : (ulong)displacement;
        instruction.MemoryDisplSize = displacement == 0 ? 0 : 1;
    }

    int AnyBut(int number) => random.Below(15) is var n && n < number ? n : n + 1;
}
