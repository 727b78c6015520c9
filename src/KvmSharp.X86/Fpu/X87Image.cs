using System;
using System.Buffers.Binary;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>x87's state as FNSTENV and FNSAVE lay it out, in its four forms: 16 or 32 bits, protected or real mode.</summary>
/// <remarks>
/// Selectors of the last instruction and operand are not kept: they are stored as zero, as on processors that report
/// them deprecated.
/// </remarks>
static class X87Image
{
    internal const int RegisterSize = 10;
    internal const int RegistersSize = 8 * RegisterSize;

    // The unused upper half of each word of the 32-bit forms.
    const uint Unused = 0xffff_0000;

    /// <summary>Bytes of the environment, which FNSAVE's image begins with.</summary>
    internal static int EnvironmentSize(bool wide) => wide ? 28 : 14;

    /// <summary>Writes FNSTENV's image.</summary>
    /// <param name="state">The state.</param>
    /// <param name="image">14 or 28 bytes.</param>
    /// <param name="wide">32-bit form.</param>
    /// <param name="real">Real or virtual-8086 mode: addresses are linear, with the opcode in their gaps.</param>
    internal static void StoreEnvironment(in X87State state, Span<byte> image, bool wide, bool real)
    {
        uint instruction = (uint)state.LastInstruction;
        uint data = (uint)state.LastData;
        if (wide)
        {
            Write32(image, 0, Unused | state.Control);
            Write32(image, 4, Unused | state.Status);
            Write32(image, 8, Unused | TagWord(state));
            Write32(image, 12, real ? Unused | (ushort)instruction : instruction);
            Write32(image, 16, real ? ((instruction >> 16) << 12) | state.LastOpcode : (uint)state.LastOpcode << 16);
            Write32(image, 20, real ? Unused | (ushort)data : data);
            Write32(image, 24, real ? (data >> 16) << 12 : Unused);
            return;
        }

        Write16(image, 0, state.Control);
        Write16(image, 2, state.Status);
        Write16(image, 4, TagWord(state));
        Write16(image, 6, (ushort)instruction);
        Write16(image, 8, real ? (ushort)(((instruction >> 16) << 12) | state.LastOpcode) : (ushort)0);
        Write16(image, 10, (ushort)data);
        Write16(image, 12, real ? (ushort)((data >> 16) << 12) : (ushort)0);
    }

    /// <summary>Reads FLDENV's image.</summary>
    internal static void LoadEnvironment(ref X87State state, ReadOnlySpan<byte> image, bool wide, bool real)
    {
        int word = wide ? 4 : 2;
        state.Status = Read16(image, word);
        state.Tags = InUse(Read16(image, 2 * word));
        state.LastInstruction = wide && !real ? Read32(image, 12) : Read16(image, 3 * word);
        state.LastData = wide && !real ? Read32(image, 20) : Read16(image, 5 * word);
        if (real)
        {
            uint upper = wide ? Read32(image, 16) : Read16(image, 8);
            state.LastOpcode = (ushort)(upper & 0x7ff);
            state.LastInstruction |= (upper >> 12) << 16;
            state.LastData |= (ulong)((wide ? Read32(image, 24) : Read16(image, 12)) >> 12) << 16;
        }
        else
        {
            state.LastOpcode = wide ? (ushort)(Read16(image, 18) & 0x7ff) : (ushort)0;
        }

        state.Control = Read16(image, 0);
    }

    /// <summary>Writes the eight registers, ten bytes each, as FNSAVE does behind the environment.</summary>
    internal static void StoreRegisters(in X87State state, Span<byte> image)
    {
        for (int i = 0; i < 8; i++)
            StoreRegister(state.St(i), image[(i * RegisterSize)..]);
    }

    /// <summary>Reads them back, as FRSTOR does.</summary>
    internal static void LoadRegisters(ref X87State state, ReadOnlySpan<byte> image)
    {
        for (int i = 0; i < 8; i++)
            state.RestoreSt(i, LoadRegister(image[(i * RegisterSize)..]));
    }

    internal static void StoreRegister(Float80 value, Span<byte> image)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(image, value.Significand);
        BinaryPrimitives.WriteUInt16LittleEndian(image[8..], value.SignExponent);
    }

    internal static Float80 LoadRegister(ReadOnlySpan<byte> image) =>
        new(BinaryPrimitives.ReadUInt16LittleEndian(image[8..]), BinaryPrimitives.ReadUInt64LittleEndian(image));

    // Two bits for each physical register: valid, zero, special, empty.
    static ushort TagWord(in X87State state)
    {
        int word = 0;
        for (int i = 0; i < 8; i++)
        {
            Float80 value = state.St(i);
            int tag = state.IsEmpty(i) ? 3
                : value.Class == FloatClass.Zero ? 1
                : value.Class == FloatClass.Finite && !value.IsDenormal ? 0
                : 2;
            word |= tag << (2 * ((state.Top + i) & 7));
        }

        return (ushort)word;
    }

    static byte InUse(ushort tagWord)
    {
        int tags = 0;
        for (int i = 0; i < 8; i++)
            tags |= ((tagWord >> (2 * i)) & 3) != 3 ? 1 << i : 0;
        return (byte)tags;
    }

    static ushort Read16(ReadOnlySpan<byte> image, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(image[offset..]);

    static uint Read32(ReadOnlySpan<byte> image, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(image[offset..]);

    static void Write16(Span<byte> image, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(image[offset..], value);

    static void Write32(Span<byte> image, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(image[offset..], value);
}
