using System;
using KvmSharp.Addresses;
using KvmSharp.X86.Tests.Guests;
using KvmSharp.X86.Tests.Oracle;

namespace KvmSharp.X86.Tests.Fuzzing;

/// <summary>Random bytes with a bias to what opens the wider parts of the opcode map, and registers that lead into them.</summary>
static class RandomBytes
{
    /// <summary>Where random code lies: <see cref="Bytes"/> from here.</summary>
    internal const ulong Start = Guest.Code;
    internal const int Bytes = 4 * Page.Size;

    // Two-byte opcodes, system instructions, prefixes.
    static readonly byte[] _openers = [0x0f, 0x0f, 0x66, 0xf2, 0xf3, 0x48, 0x4c, 0x67, 0xf0, 0x2e, 0x36, 0x64];

    /// <summary>Writes new code.</summary>
    internal static void Fill(Guest guest, RandomSource random)
    {
        Span<byte> code = stackalloc byte[Page.Size];
        for (ulong at = Start; at < Start + Bytes; at += Page.Size)
        {
            foreach (ref byte value in code)
                value = random.OneIn(8) ? random.Pick<byte>(_openers) : (byte)random.Next();
            guest.Memory.TryWrite(new Gpa(at), code, out _);
        }
    }

    /// <summary>Sends the guest to any place in the code, with registers that point somewhere.</summary>
    internal static void Scatter(Guest guest, RandomSource random)
    {
        ulong Pointer() => (random.Next() & 7) switch
        {
            0 => random.Next(),
            1 => Start + (random.Next() & (Bytes - 1)),
            _ => Guest.Data + (random.Next() & 0xFFFF),
        };
        guest.SetRegs(regs => regs with
        {
            Rip = Start + (random.Next() & (Bytes - 1)),
            Rax = random.Next(),
            Rcx = random.Next() & 0xFF,
            Rdx = random.Next() & 0xFFFF,
            Rbx = Pointer(),
            Rsi = Pointer(),
            Rdi = Pointer(),
            Rbp = Pointer(),
            Rsp = Guest.Data + (random.Next() & 0xFFF8),
            Rflags = (random.Next() & 0xCD5) | 2,
        });
    }
}
