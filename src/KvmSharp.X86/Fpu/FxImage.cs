using System;
using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using KvmSharp.X86.Simd;

namespace KvmSharp.X86.Fpu;

/// <summary>x87 and SSE state as FXSAVE lays it out, which is also the legacy region of XSAVE.</summary>
/// <remarks>
/// <code>
///    0 FCW    2 FSW    4 tags in use    6 FOP    8 FIP    16 FDP    24 MXCSR    28 MXCSR_MASK
///   32 ST0 … ST7, 16 bytes each        160 XMM0 … XMM15        416 not used
/// </code>
/// </remarks>
static class FxImage
{
    internal const int Size = 512;
    internal const int MxcsrOffset = 24;
    internal const int RegistersOffset = 32;
    internal const int XmmOffset = 160;

    /// <summary>Bytes up to the last register.</summary>
    internal const int Used = XmmOffset + (SlotSize * XmmRegisters.Count);

    const int MxcsrMaskOffset = 28;
    const int SlotSize = 16;

    /// <summary>Bytes up to the last of so many vector registers.</summary>
    internal static int UsedWith(int vectors) => XmmOffset + (SlotSize * vectors);

    /// <summary>Writes x87's part.</summary>
    /// <param name="state">The state.</param>
    /// <param name="image">The image.</param>
    /// <param name="wide">Pointers have 64 bits; else 32, followed by a selector, which is stored as zero.</param>
    internal static void StoreX87(in X87State state, Span<byte> image, bool wide)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(image, state.Control);
        BinaryPrimitives.WriteUInt16LittleEndian(image[2..], state.Status);
        image[4] = state.Tags;
        image[5] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(image[6..], state.LastOpcode);
        BinaryPrimitives.WriteUInt64LittleEndian(image[8..], wide ? state.LastInstruction : (uint)state.LastInstruction);
        BinaryPrimitives.WriteUInt64LittleEndian(image[16..], wide ? state.LastData : (uint)state.LastData);
        for (int i = 0; i < 8; i++)
        {
            Span<byte> slot = image.Slice(RegistersOffset + (i * SlotSize), SlotSize);
            X87Image.StoreRegister(state.St(i), slot);
            slot[X87Image.RegisterSize..].Clear();
        }
    }

    /// <summary>Reads x87's part.</summary>
    internal static void LoadX87(ref X87State state, ReadOnlySpan<byte> image, bool wide)
    {
        state.Status = BinaryPrimitives.ReadUInt16LittleEndian(image[2..]);
        state.Tags = image[4];
        state.LastOpcode = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(image[6..]) & 0x7ff);
        ulong instruction = BinaryPrimitives.ReadUInt64LittleEndian(image[8..]);
        ulong data = BinaryPrimitives.ReadUInt64LittleEndian(image[16..]);
        state.LastInstruction = wide ? instruction : (uint)instruction;
        state.LastData = wide ? data : (uint)data;
        for (int i = 0; i < 8; i++)
            state.RestoreSt(i, X87Image.LoadRegister(image[(RegistersOffset + (i * SlotSize))..]));
        // Last, as it brings the error summary level.
        state.Control = BinaryPrimitives.ReadUInt16LittleEndian(image);
    }

    /// <summary>Writes MXCSR and the mask of its bits.</summary>
    internal static void StoreMxcsr(Mxcsr mxcsr, Span<byte> image)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(image[MxcsrOffset..], mxcsr.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(image[MxcsrMaskOffset..], Mxcsr.Defined);
    }

    /// <summary>Reads MXCSR.</summary>
    /// <returns>False, and nothing changed, if a bit is set that does not exist: #GP.</returns>
    internal static bool TryLoadMxcsr(ref Mxcsr mxcsr, ReadOnlySpan<byte> image)
    {
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(image[MxcsrOffset..]);
        if ((value & ~Mxcsr.Defined) != 0)
            return false;
        mxcsr.Value = value;
        return true;
    }

    /// <summary>Writes the first <paramref name="count"/> vector registers: 8 outside 64-bit mode, 16 in it.</summary>
    internal static void StoreVectors(in XmmRegisters vectors, Span<byte> image, int count)
    {
        for (int i = 0; i < count; i++)
            vectors[i].CopyTo(image.Slice(XmmOffset + (i * SlotSize), SlotSize));
    }

    /// <summary>Reads them.</summary>
    internal static void LoadVectors(ref XmmRegisters vectors, ReadOnlySpan<byte> image, int count)
    {
        for (int i = 0; i < count; i++)
            vectors[i] = Vector128.Create(image.Slice(XmmOffset + (i * SlotSize), SlotSize));
    }
}
