using System.Runtime.Intrinsics;
using Iced.Intel;

namespace KvmSharp.X86.Simd;

/// <summary>
/// MMX's operations, of eight bytes, in terms of those on sixteen. Element by element they are the same on the low half;
/// where the halves of an operand matter, the operands are put into the halves of one vector first.
/// </summary>
static class MmxInteger
{
    /// <summary>Computes <c>a op b</c>.</summary>
    /// <returns>Whether the operation is one of MMX's with two vector operands.</returns>
    internal static bool TryExecute(Mnemonic operation, ulong a, ulong b, byte control, out ulong result)
    {
        Vector128<byte> left = Low(a);
        Vector128<byte> right = Low(b);
        Vector128<byte> both = Vector128.Create(a, b).AsByte();
        Vector128<byte> vector;
        switch (operation)
        {
            // Half of the result comes from each operand
            case Mnemonic.Packsswb or Mnemonic.Packssdw or Mnemonic.Packuswb:
                PackedShuffle.TryExecute(operation, both, default, control, out vector);
                break;
            case Mnemonic.Phaddw or Mnemonic.Phaddd or Mnemonic.Phaddsw or Mnemonic.Phsubw or Mnemonic.Phsubd or Mnemonic.Phsubsw:
                PackedProduct.TryExecute(operation, both, default, out vector);
                break;

            // The low interleaving of sixteen bytes has MMX's high one in its upper half
            case Mnemonic.Punpckhbw:
                return Upper(PackedShuffle.TryExecute(Mnemonic.Punpcklbw, left, right, control, out vector), vector, out result);
            case Mnemonic.Punpckhwd:
                return Upper(PackedShuffle.TryExecute(Mnemonic.Punpcklwd, left, right, control, out vector), vector, out result);
            case Mnemonic.Punpckhdq:
                return Upper(PackedShuffle.TryExecute(Mnemonic.Punpckldq, left, right, control, out vector), vector, out result);

            // Indices have a bit less
            case Mnemonic.Pshufb:
                vector = Vector128.Shuffle(left, right & Vector128.Create((byte)0x87));
                break;
            case Mnemonic.Pshufw:
                PackedShuffle.TryExecute(Mnemonic.Pshuflw, left, right, control, out vector);
                break;
            case Mnemonic.Palignr:
                vector = PackedShift.Bytes(Vector128.Create(b, a).AsByte(), default, control);
                break;

            default:
                if (PackedShift.IsShift(operation))
                    vector = PackedShift.Execute(operation, left, b);
                else if (!PackedInteger.TryExecute(operation, left, right, out vector)
                    && !PackedShuffle.TryExecute(operation, left, right, control, out vector))
                {
                    result = 0;
                    return false;
                }

                break;
        }

        result = vector.AsUInt64()[0];
        return true;
    }

    static Vector128<byte> Low(ulong value) => Vector128.CreateScalar(value).AsByte();

    static bool Upper(bool known, Vector128<byte> vector, out ulong result)
    {
        result = vector.AsUInt64()[1];
        return known;
    }
}
