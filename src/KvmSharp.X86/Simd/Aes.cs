using System;
using System.Runtime.Intrinsics;
using Iced.Intel;
using HostAes = System.Runtime.Intrinsics.X86.Aes;

namespace KvmSharp.X86.Simd;

/// <summary>AES-NI: one round of the cipher, and the steps of its key schedule.</summary>
/// <remarks>
/// The tables are made from the field's definition. Where the host has the instructions they are used; tests hold the two
/// against each other.
/// </remarks>
static class Aes
{
    // The polynomial of the field of 256 elements, x^8 + x^4 + x^3 + x + 1, without its first term.
    const byte Polynomial = 0x1b;

    static readonly byte[] _substitute = MakeSubstitution();
    static readonly byte[] _substituteBack = Invert(_substitute);

    /// <summary>Whether an operation is one of AES's.</summary>
    internal static bool IsAes(Mnemonic operation) => operation is Mnemonic.Aesenc or Mnemonic.Aesenclast
        or Mnemonic.Aesdec or Mnemonic.Aesdeclast or Mnemonic.Aesimc or Mnemonic.Aeskeygenassist;

    /// <summary>Computes a round on <paramref name="a"/> with the key <paramref name="b"/>, or a schedule's step on b.</summary>
    internal static Vector128<byte> Execute(Mnemonic operation, Vector128<byte> a, Vector128<byte> b, byte constant)
    {
        if (!HostAes.IsSupported)
            return ExecutePortably(operation, a, b, constant);
        return operation switch
        {
            Mnemonic.Aesenc => HostAes.Encrypt(a, b),
            Mnemonic.Aesenclast => HostAes.EncryptLast(a, b),
            Mnemonic.Aesdec => HostAes.Decrypt(a, b),
            Mnemonic.Aesdeclast => HostAes.DecryptLast(a, b),
            Mnemonic.Aesimc => HostAes.InverseMixColumns(b),
            _ => KeyStep(b, constant),
        };
    }

    /// <summary>The same, without the host's help.</summary>
    internal static Vector128<byte> ExecutePortably(Mnemonic operation, Vector128<byte> a, Vector128<byte> b, byte constant) =>
        operation switch
        {
            Mnemonic.Aesenc => MixColumns(Substitute(ShiftRows(a, 1), _substitute), 2, 3, 1, 1) ^ b,
            Mnemonic.Aesenclast => Substitute(ShiftRows(a, 1), _substitute) ^ b,
            Mnemonic.Aesdec => MixColumns(Substitute(ShiftRows(a, 3), _substituteBack), 14, 11, 13, 9) ^ b,
            Mnemonic.Aesdeclast => Substitute(ShiftRows(a, 3), _substituteBack) ^ b,
            Mnemonic.Aesimc => MixColumns(b, 14, 11, 13, 9),
            Mnemonic.Aeskeygenassist => KeyStep(b, constant),
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };

    static Vector128<byte> KeyStep(Vector128<byte> key, byte constant)
    {
        Vector128<uint> words = Substitute(key, _substitute).AsUInt32();
        return Vector128.Create(
            words[1], uint.RotateRight(words[1], 8) ^ constant, words[3], uint.RotateRight(words[3], 8) ^ constant).AsByte();
    }

    // Byte r of column c comes from column c + r × step: 1 for ShiftRows, 3 for its inverse.
    static Vector128<byte> ShiftRows(Vector128<byte> state, int step)
    {
        Vector128<byte> result = default;
        for (int i = 0; i < 16; i++)
            result = result.WithElement(i, state[((((i >> 2) + ((i & 3) * step)) & 3) << 2) | (i & 3)]);
        return result;
    }

    static Vector128<byte> Substitute(Vector128<byte> state, byte[] table)
    {
        Vector128<byte> result = default;
        for (int i = 0; i < 16; i++)
            result = result.WithElement(i, table[state[i]]);
        return result;
    }

    static Vector128<byte> MixColumns(Vector128<byte> state, byte own, byte next, byte second, byte third)
    {
        Vector128<byte> result = default;
        for (int i = 0; i < 16; i++)
        {
            int column = i & ~3;
            result = result.WithElement(
                i,
                (byte)(Multiply(own, state[i]) ^ Multiply(next, state[column | ((i + 1) & 3)])
                    ^ Multiply(second, state[column | ((i + 2) & 3)]) ^ Multiply(third, state[column | ((i + 3) & 3)])));
        }

        return result;
    }

    static byte Multiply(byte a, byte b)
    {
        byte product = 0;
        for (; a != 0; a >>= 1)
        {
            if ((a & 1) != 0)
                product ^= b;
            b = (byte)((b << 1) ^ ((b & 0x80) != 0 ? Polynomial : 0));
        }

        return product;
    }

    // The inverse in the field, then an affine map of its bits.
    static byte[] MakeSubstitution()
    {
        byte[] table = new byte[256];
        for (int value = 0; value < table.Length; value++)
        {
            byte inverse = 0;
            for (int candidate = 1; candidate < table.Length; candidate++)
            {
                if (Multiply((byte)candidate, (byte)value) == 1)
                    inverse = (byte)candidate;
            }

            table[value] = (byte)(inverse ^ byte.RotateLeft(inverse, 1) ^ byte.RotateLeft(inverse, 2)
                ^ byte.RotateLeft(inverse, 3) ^ byte.RotateLeft(inverse, 4) ^ 0x63);
        }

        return table;
    }

    static byte[] Invert(byte[] table)
    {
        byte[] inverse = new byte[table.Length];
        for (int i = 0; i < table.Length; i++)
            inverse[table[i]] = (byte)i;
        return inverse;
    }
}
