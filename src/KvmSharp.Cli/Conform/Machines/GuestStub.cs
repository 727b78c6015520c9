using System;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>
/// Real-mode code that makes one access each: at the address in EBX, with the value in EAX, and then halts. The segments are
/// flat, the code's own begins where the page lies.
/// </summary>
static class GuestStub
{
    const int Spacing = 16;
    const byte Hlt = 0xf4;

    // An address of 32 bits, an operand of 32 bits.
    const byte LongAddress = 0x67;
    const byte LongOperand = 0x66;

    static readonly byte[][] Codes =
    [
        [LongAddress, 0x88, 0x03, Hlt],              // mov [ebx], al
        [LongAddress, 0x89, 0x03, Hlt],              // mov [ebx], ax
        [LongAddress, LongOperand, 0x89, 0x03, Hlt], // mov [ebx], eax
        [LongAddress, 0x8a, 0x03, Hlt],              // mov al, [ebx]
        [LongAddress, 0x8b, 0x03, Hlt],              // mov ax, [ebx]
        [LongAddress, LongOperand, 0x8b, 0x03, Hlt], // mov eax, [ebx]
    ];

    internal static void WriteTo(Span<byte> page)
    {
        page.Fill(Hlt);
        for (int index = 0; index < Codes.Length; index++)
            Codes[index].CopyTo(page[(index * Spacing)..]);
    }

    /// <summary>Where the code for an access begins, from the start of the page.</summary>
    internal static ulong EntryFor(GuestAccess access)
    {
        int width = access.Size switch { 1 => 0, 2 => 1, _ => 2 };
        return (ulong)(((access.IsWrite ? 0 : Codes.Length / 2) + width) * Spacing);
    }
}
