using System.Runtime.CompilerServices;

namespace KvmSharp.X86.State;

/// <summary>
/// Whatever an address can be summed from, in one row: the sixteen general registers, a zero, the instruction pointer and
/// the segment bases. A term that an address lacks is the zero, so all addresses are one expression.
/// </summary>
/// <remarks>The indices are those of <see cref="Register"/>; mask with <see cref="Register.Mask"/> to spare the bounds check.</remarks>
[InlineArray(Register.Count)]
struct Registers
{
    ulong _first;
}

/// <summary>Indices into <see cref="Registers"/>.</summary>
static class Register
{
    internal const int Rax = 0;
    internal const int Rcx = 1;
    internal const int Rdx = 2;
    internal const int Rbx = 3;
    internal const int Rsp = 4;
    internal const int Rbp = 5;
    internal const int Rsi = 6;
    internal const int Rdi = 7;
    internal const int R11 = 11;

    /// <summary>How many general registers there are.</summary>
    internal const int General = 16;

    /// <summary>Always zero.</summary>
    internal const int Zero = 16;

    /// <summary>Where the block that runs begins, as an offset in CS; between blocks, the next instruction.</summary>
    internal const int Rip = 17;

    /// <summary>The base of ES; those of the other segments follow in the order of <see cref="SegmentName"/>.</summary>
    internal const int SegmentBase = 18;

    internal const int Count = 32;
    internal const int Mask = Count - 1;

    /// <summary>Set in the number of a byte register that is bits 15:8 of a general register: AH, CH, DH, BH.</summary>
    internal const int HighByte = 32;
}
