namespace OwnCpu;

/// <summary>An instruction word and the fields in it, by the names of the RISC-V manual.</summary>
readonly struct Instruction(uint word)
{
    public const uint Ecall = 0x0000_0073;
    public const uint Ebreak = 0x0010_0073;
    public const uint Wfi = 0x1050_0073;

    public uint Word => word;

    public Opcode Opcode => (Opcode)(word & 0x7f);

    public int Rd => (int)(word >> 7) & 31;

    public int Rs1 => (int)(word >> 15) & 31;

    public int Rs2 => (int)(word >> 20) & 31;

    public uint Funct3 => (word >> 12) & 7;

    public uint Funct7 => word >> 25;

    // All immediates are signed; their top bit is the word's.
    int Signed => (int)word;

    public ulong ImmediateI => (ulong)(long)(Signed >> 20);

    public ulong ImmediateS => (ulong)(long)(((Signed >> 25) << 5) | Rd);

    public ulong ImmediateB =>
        (ulong)(long)(((Signed >> 31) << 12) | ((Rd & 1) << 11) | (((Signed >> 25) & 0x3f) << 5) | (Rd & 0x1e));

    public ulong ImmediateU => (ulong)(long)(Signed & ~0xfff);

    public ulong ImmediateJ =>
        (ulong)(long)(((Signed >> 31) << 20) | (Signed & 0xff000) | ((Rs2 & 1) << 11) | ((Signed >> 20) & 0x7fe));
}

/// <summary>The low seven bits of an instruction.</summary>
enum Opcode : uint
{
    Load = 0x03,
    OpImmediate = 0x13,
    Auipc = 0x17,
    Store = 0x23,
    Amo = 0x2f,
    Op = 0x33,
    Lui = 0x37,
    Branch = 0x63,
    Jalr = 0x67,
    Jal = 0x6f,
    System = 0x73,
}

/// <summary>How wide a load or store is: its funct3.</summary>
static class Width
{
    public const uint Byte = 0;
    public const uint Word = 2;
    public const uint Double = 3;
    public const uint ByteUnsigned = 4;
}
