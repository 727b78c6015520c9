using System;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace KvmSharp.X86.Simd;

/// <summary>The SHA extensions: four rounds of SHA-1, two of SHA-256, and the steps of their message schedules.</summary>
/// <remarks>Element 3 of a vector is the first word, as the instructions have it.</remarks>
static class Sha
{
    /// <summary>Whether an operation is one of these.</summary>
    internal static bool IsSha(Mnemonic operation) => operation is Mnemonic.Sha1rnds4 or Mnemonic.Sha1nexte
        or Mnemonic.Sha1msg1 or Mnemonic.Sha1msg2 or Mnemonic.Sha256rnds2 or Mnemonic.Sha256msg1 or Mnemonic.Sha256msg2;

    /// <summary>Computes one of them.</summary>
    /// <param name="operation">Which.</param>
    /// <param name="a">The destination's old value.</param>
    /// <param name="b">The source.</param>
    /// <param name="control">SHA1RNDS4's choice of function.</param>
    /// <param name="xmm0">SHA256RNDS2's implied operand.</param>
    internal static Vector128<byte> Execute(
        Mnemonic operation, Vector128<byte> a, Vector128<byte> b, byte control, Vector128<byte> xmm0)
    {
        Vector128<uint> left = a.AsUInt32();
        Vector128<uint> right = b.AsUInt32();
        return (operation switch
        {
            Mnemonic.Sha1rnds4 => Sha1Rounds(left, right, control & 3),
            Mnemonic.Sha1nexte => right.WithElement(3, right[3] + uint.RotateLeft(left[3], 30)),
            Mnemonic.Sha1msg1 => left ^ Vector128.Create(right[2], right[3], left[0], left[1]),
            Mnemonic.Sha1msg2 => Sha1Schedule(left, right),
            Mnemonic.Sha256rnds2 => Sha256Rounds(left, right, xmm0.AsUInt32()),
            Mnemonic.Sha256msg1 => left + Vector128.Create(Small0(left[1]), Small0(left[2]), Small0(left[3]), Small0(right[0])),
            Mnemonic.Sha256msg2 => Sha256Schedule(left, right),
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        }).AsByte();
    }

    static Vector128<uint> Sha1Rounds(Vector128<uint> state, Vector128<uint> words, int function)
    {
        uint constant = function switch
        {
            0 => 0x5a82_7999,
            1 => 0x6ed9_eba1,
            2 => 0x8f1b_bcdc,
            _ => 0xca62_c1d6,
        };
        uint a = state[3];
        uint b = state[2];
        uint c = state[1];
        uint d = state[0];
        // The first word already holds the fifth register's share.
        uint e = 0;
        for (int i = 3; i >= 0; i--)
        {
            uint mixed = function switch
            {
                0 => (b & c) ^ (~b & d),
                2 => (b & c) ^ (b & d) ^ (c & d),
                _ => b ^ c ^ d,
            };
            uint next = mixed + uint.RotateLeft(a, 5) + words[i] + e + constant;
            (e, d, c, b, a) = (d, c, uint.RotateLeft(b, 30), a, next);
        }

        return Vector128.Create(d, c, b, a);
    }

    static Vector128<uint> Sha1Schedule(Vector128<uint> a, Vector128<uint> b)
    {
        uint w16 = uint.RotateLeft(a[3] ^ b[2], 1);
        uint w17 = uint.RotateLeft(a[2] ^ b[1], 1);
        uint w18 = uint.RotateLeft(a[1] ^ b[0], 1);
        uint w19 = uint.RotateLeft(a[0] ^ w16, 1);
        return Vector128.Create(w19, w18, w17, w16);
    }

    static Vector128<uint> Sha256Rounds(Vector128<uint> first, Vector128<uint> second, Vector128<uint> words)
    {
        // The destination holds C, D, G, H, the source A, B, E, F.
        uint a = second[3];
        uint b = second[2];
        uint c = first[3];
        uint d = first[2];
        uint e = second[1];
        uint f = second[0];
        uint g = first[1];
        uint h = first[0];
        for (int i = 0; i < 2; i++)
        {
            uint choice = (e & f) ^ (~e & g);
            uint majority = (a & b) ^ (a & c) ^ (b & c);
            uint step = h + choice + words[i]
                + (uint.RotateRight(e, 6) ^ uint.RotateRight(e, 11) ^ uint.RotateRight(e, 25));
            uint sum = majority + (uint.RotateRight(a, 2) ^ uint.RotateRight(a, 13) ^ uint.RotateRight(a, 22));
            (h, g, f, e, d, c, b, a) = (g, f, e, step + d, c, b, a, step + sum);
        }

        return Vector128.Create(f, e, b, a);
    }

    static Vector128<uint> Sha256Schedule(Vector128<uint> a, Vector128<uint> b)
    {
        uint w16 = a[0] + Small1(b[2]);
        uint w17 = a[1] + Small1(b[3]);
        return Vector128.Create(w16, w17, a[2] + Small1(w16), a[3] + Small1(w17));
    }

    static uint Small0(uint x) => uint.RotateRight(x, 7) ^ uint.RotateRight(x, 18) ^ (x >> 3);

    static uint Small1(uint x) => uint.RotateRight(x, 17) ^ uint.RotateRight(x, 19) ^ (x >> 10);
}
