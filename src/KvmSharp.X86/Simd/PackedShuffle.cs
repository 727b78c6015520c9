using System.Runtime.Intrinsics;
using Iced.Intel;

namespace KvmSharp.X86.Simd;

/// <summary>What moves elements about without changing them, or changes their size.</summary>
static class PackedShuffle
{
    internal static bool TryExecute(
        Mnemonic operation, Vector128<byte> a, Vector128<byte> b, byte control, out Vector128<byte> result)
    {
        switch (operation)
        {
            // Interleave the low or high halves: b goes into the gaps of a widened
            case Mnemonic.Punpcklbw:
                result = (Vector128.WidenLower(a) | (Vector128.WidenLower(b) << 8)).AsByte();
                return true;
            case Mnemonic.Punpckhbw:
                result = (Vector128.WidenUpper(a) | (Vector128.WidenUpper(b) << 8)).AsByte();
                return true;
            case Mnemonic.Punpcklwd:
                result = (Vector128.WidenLower(a.AsUInt16()) | (Vector128.WidenLower(b.AsUInt16()) << 16)).AsByte();
                return true;
            case Mnemonic.Punpckhwd:
                result = (Vector128.WidenUpper(a.AsUInt16()) | (Vector128.WidenUpper(b.AsUInt16()) << 16)).AsByte();
                return true;
            case Mnemonic.Punpckldq or Mnemonic.Unpcklps:
                result = (Vector128.WidenLower(a.AsUInt32()) | (Vector128.WidenLower(b.AsUInt32()) << 32)).AsByte();
                return true;
            case Mnemonic.Punpckhdq or Mnemonic.Unpckhps:
                result = (Vector128.WidenUpper(a.AsUInt32()) | (Vector128.WidenUpper(b.AsUInt32()) << 32)).AsByte();
                return true;
            case Mnemonic.Punpcklqdq or Mnemonic.Unpcklpd:
                result = Vector128.Create(a.AsUInt64()[0], b.AsUInt64()[0]).AsByte();
                return true;
            case Mnemonic.Punpckhqdq or Mnemonic.Unpckhpd:
                result = Vector128.Create(a.AsUInt64()[1], b.AsUInt64()[1]).AsByte();
                return true;

            // Narrow with saturation
            case Mnemonic.Packsswb:
                result = Vector128.NarrowWithSaturation(a.AsInt16(), b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Packssdw:
                result = Vector128.NarrowWithSaturation(a.AsInt32(), b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Packuswb:
                Vector128<short> byteLimit = Vector128.Create((short)byte.MaxValue);
                result = Vector128.Narrow(
                    Vector128.Clamp(a.AsInt16(), default, byteLimit).AsUInt16(),
                    Vector128.Clamp(b.AsInt16(), default, byteLimit).AsUInt16());
                return true;
            case Mnemonic.Packusdw:
                Vector128<int> wordLimit = Vector128.Create((int)ushort.MaxValue);
                result = Vector128.Narrow(
                    Vector128.Clamp(a.AsInt32(), default, wordLimit).AsUInt32(),
                    Vector128.Clamp(b.AsInt32(), default, wordLimit).AsUInt32()).AsByte();
                return true;

            // Pick by a control
            case Mnemonic.Pshufb:
                // Bit 7 asks for zero; the index has four bits.
                result = Vector128.Shuffle(a, b & Vector128.Create((byte)0x8f));
                return true;
            case Mnemonic.Pshufd:
                result = Vector128.Shuffle(b.AsUInt32(), Fields(control)).AsByte();
                return true;
            case Mnemonic.Pshuflw:
                result = Words(b, control, 0);
                return true;
            case Mnemonic.Pshufhw:
                result = Words(b, control, 4);
                return true;
            case Mnemonic.Shufps:
                Vector128<uint> fields = Fields(control);
                result = Vector128.Create(
                    Vector128.Shuffle(a.AsUInt32(), fields).GetLower(), Vector128.Shuffle(b.AsUInt32(), fields).GetUpper()).AsByte();
                return true;
            case Mnemonic.Shufpd:
                result = Vector128.Create(a.AsUInt64()[control & 1], b.AsUInt64()[(control >> 1) & 1]).AsByte();
                return true;
            case Mnemonic.Palignr:
                result = PackedShift.Bytes(b, a, control);
                return true;
            case Mnemonic.Blendps:
                result = Select(a.AsUInt32(), b.AsUInt32(), control, Vector128.Create(1u, 2, 4, 8)).AsByte();
                return true;
            case Mnemonic.Blendpd:
                result = Select(a.AsUInt64(), b.AsUInt64(), control, Vector128.Create(1ul, 2)).AsByte();
                return true;
            case Mnemonic.Pblendw:
                result = Select(a.AsUInt16(), b.AsUInt16(), control, Vector128.Create((ushort)1, 2, 4, 8, 16, 32, 64, 128)).AsByte();
                return true;
            case Mnemonic.Insertps:
                result = InsertSingle(a.AsUInt32(), b.AsUInt32()[control >> 6], control).AsByte();
                return true;
            case Mnemonic.Mpsadbw:
                result = PackedProduct.SlidingDifferences(a, b, control);
                return true;

            // Duplicate
            case Mnemonic.Movddup:
                result = Vector128.Create(b.AsUInt64()[0]).AsByte();
                return true;
            case Mnemonic.Movsldup:
                result = Vector128.Shuffle(b.AsUInt32(), Vector128.Create(0u, 0, 2, 2)).AsByte();
                return true;
            case Mnemonic.Movshdup:
                result = Vector128.Shuffle(b.AsUInt32(), Vector128.Create(1u, 1, 3, 3)).AsByte();
                return true;

            // Widen
            case Mnemonic.Pmovsxbw:
                result = Vector128.WidenLower(b.AsSByte()).AsByte();
                return true;
            case Mnemonic.Pmovsxbd:
                result = Vector128.WidenLower(Vector128.WidenLower(b.AsSByte())).AsByte();
                return true;
            case Mnemonic.Pmovsxbq:
                result = Vector128.WidenLower(Vector128.WidenLower(Vector128.WidenLower(b.AsSByte()))).AsByte();
                return true;
            case Mnemonic.Pmovsxwd:
                result = Vector128.WidenLower(b.AsInt16()).AsByte();
                return true;
            case Mnemonic.Pmovsxwq:
                result = Vector128.WidenLower(Vector128.WidenLower(b.AsInt16())).AsByte();
                return true;
            case Mnemonic.Pmovsxdq:
                result = Vector128.WidenLower(b.AsInt32()).AsByte();
                return true;
            case Mnemonic.Pmovzxbw:
                result = Vector128.WidenLower(b).AsByte();
                return true;
            case Mnemonic.Pmovzxbd:
                result = Vector128.WidenLower(Vector128.WidenLower(b)).AsByte();
                return true;
            case Mnemonic.Pmovzxbq:
                result = Vector128.WidenLower(Vector128.WidenLower(Vector128.WidenLower(b))).AsByte();
                return true;
            case Mnemonic.Pmovzxwd:
                result = Vector128.WidenLower(b.AsUInt16()).AsByte();
                return true;
            case Mnemonic.Pmovzxwq:
                result = Vector128.WidenLower(Vector128.WidenLower(b.AsUInt16())).AsByte();
                return true;
            case Mnemonic.Pmovzxdq:
                result = Vector128.WidenLower(b.AsUInt32()).AsByte();
                return true;

            default:
                result = default;
                return false;
        }
    }

    /// <summary>BLENDVPS and its kin: elements of b where the mask's sign is set.</summary>
    internal static Vector128<byte> SelectBySign(Mnemonic operation, Vector128<byte> a, Vector128<byte> b, Vector128<byte> mask)
    {
        Vector128<byte> signs = operation switch
        {
            Mnemonic.Blendvps => (mask.AsInt32() >> 31).AsByte(),
            Mnemonic.Blendvpd => (mask.AsInt64() >> 63).AsByte(),
            _ => (mask.AsSByte() >> 7).AsByte(),
        };
        return Vector128.ConditionalSelect(signs, b, a);
    }

    static Vector128<uint> Fields(byte control) =>
        Vector128.Create((uint)control & 3, ((uint)control >> 2) & 3, ((uint)control >> 4) & 3, (uint)control >> 6);

    static Vector128<byte> Words(Vector128<byte> b, byte control, int from)
    {
        Vector128<ushort> source = b.AsUInt16();
        Vector128<ushort> result = source;
        for (int i = 0; i < 4; i++)
            result = result.WithElement(from + i, source[from + ((control >> (2 * i)) & 3)]);
        return result.AsByte();
    }

    // Element i of b where bit i of the control is set.
    static Vector128<T> Select<T>(Vector128<T> a, Vector128<T> b, byte control, Vector128<T> bits)
        where T : struct, System.Numerics.INumberBase<T>
    {
        Vector128<T> chosen = Vector128.Equals(Vector128.Create(T.CreateTruncating(control)) & bits, bits);
        return Vector128.ConditionalSelect(chosen, b, a);
    }

    /// <summary>INSERTPS: an element goes in, others are cleared.</summary>
    internal static Vector128<uint> InsertSingle(Vector128<uint> a, uint element, byte control)
    {
        a = a.WithElement((control >> 4) & 3, element);
        Vector128<uint> bits = Vector128.Create(1u, 2, 4, 8);
        return a & ~Vector128.Equals(Vector128.Create((uint)control) & bits, bits);
    }
}
