using System;
using System.Linq;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using Iced.Intel;
using KvmSharp.X86.Simd;
using KvmSharp.X86.Tests.Oracle;
using Xunit;
using Aes = KvmSharp.X86.Simd.Aes;

namespace KvmSharp.X86.Tests.Simd;

/// <summary>The cryptographic instructions, put together to ciphers and sums whose values are known, on any host.</summary>
public sealed class CryptographyTests
{
    [Fact]
    public void Rounds_of_aes_make_the_standards_example()
    {
        // FIPS 197, Cipher Example: key and plaintext.
        Vector128<byte> key = Vector128.Create<byte>(Convert.FromHexString("000102030405060708090a0b0c0d0e0f"));
        Vector128<byte> state = Vector128.Create<byte>(Convert.FromHexString("00112233445566778899aabbccddeeff")) ^ key;
        byte[] constants = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36];
        foreach (byte constant in constants)
        {
            uint step = Aes.ExecutePortably(Mnemonic.Aeskeygenassist, default, key, constant).AsUInt32()[3];
            Vector128<uint> words = key.AsUInt32();
            uint first = words[0] ^ step;
            uint second = words[1] ^ first;
            uint third = words[2] ^ second;
            key = Vector128.Create(first, second, third, words[3] ^ third).AsByte();
            state = Aes.ExecutePortably(constant == 0x36 ? Mnemonic.Aesenclast : Mnemonic.Aesenc, state, key, 0);
        }

        byte[] cipher = new byte[16];
        state.CopyTo(cipher);
        Assert.Equal("69c4e0d86a7b0430d8cdb78070b4c55a", Convert.ToHexStringLower(cipher));
    }

    [Theory]
    [InlineData(Mnemonic.Aesenc)]
    [InlineData(Mnemonic.Aesenclast)]
    [InlineData(Mnemonic.Aesdec)]
    [InlineData(Mnemonic.Aesdeclast)]
    [InlineData(Mnemonic.Aesimc)]
    public void The_portable_aes_agrees_with_the_one_in_use(Mnemonic operation)
    {
        RandomSource random = new(RandomSource.ChooseSeed());
        for (int i = 0; i < 1000; i++)
        {
            Vector128<byte> a = Vector128.Create(random.Next(), random.Next()).AsByte();
            Vector128<byte> b = Vector128.Create(random.Next(), random.Next()).AsByte();
            Assert.True(
                Aes.Execute(operation, a, b, 0) == Aes.ExecutePortably(operation, a, b, 0), $"{operation} {a} {b}, seed {random.Seed:x}");
        }
    }

    [Fact]
    public void The_portable_carryless_product_agrees_with_the_one_in_use()
    {
        RandomSource random = new(RandomSource.ChooseSeed());
        for (int i = 0; i < 1000; i++)
        {
            ulong a = EdgeValues.Integer(random);
            ulong b = EdgeValues.Integer(random);
            Vector128<byte> used = CarrylessProduct.Execute(
                Vector128.CreateScalar(a).AsByte(), Vector128.CreateScalar(b).AsByte(), 0);
            Assert.True(used == CarrylessProduct.Multiply(a, b), $"{a:x} {b:x}, seed {random.Seed:x}");
        }
    }

    [Fact]
    public void Rounds_and_schedule_of_sha256_make_a_known_sum()
    {
        byte[] block = new byte[64];
        "abc"u8.CopyTo(block);
        block[3] = 0x80;
        block[63] = 24;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("abc"u8)), Sha256OfOneBlock(block));
    }

    [Fact]
    public void Crc32_makes_the_check_value_of_castagnoli()
    {
        uint crc = "123456789"u8.ToArray().Aggregate(uint.MaxValue, (sum, data) => Crc32.Accumulate(sum, data, 1));
        Assert.Equal(0xe306_9283, ~crc);
        uint whole = Crc32.Accumulate(uint.MaxValue, 0x3837_3635_3433_3231, 8);
        Assert.Equal(crc, Crc32.Accumulate(whole, '9', 1));
    }

    static string Sha256OfOneBlock(byte[] block)
    {
        uint[] words = [.. Enumerable.Range(0, 16).Select(i => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(4 * i)))];
        Vector128<byte>[] w = [.. Enumerable.Range(0, 4).Select(i => Vector128.Create(words[4 * i], words[(4 * i) + 1], words[(4 * i) + 2], words[(4 * i) + 3]).AsByte())];
        // The halves that SHA256RNDS2 works on: A B E F and C D G H, highest element first.
        uint[] initial = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
        Vector128<byte> abef = Vector128.Create(initial[5], initial[4], initial[1], initial[0]).AsByte();
        Vector128<byte> cdgh = Vector128.Create(initial[7], initial[6], initial[3], initial[2]).AsByte();
        for (int round = 0; round < 64; round += 4)
        {
            int index = round / 4;
            if (index >= 4)
            {
                Vector128<byte> next = Sha.Execute(Mnemonic.Sha256msg1, w[0], w[1], 0, default);
                PackedShuffle.TryExecute(Mnemonic.Palignr, w[3], w[2], 4, out Vector128<byte> shifted);
                next = (next.AsUInt32() + shifted.AsUInt32()).AsByte();
                next = Sha.Execute(Mnemonic.Sha256msg2, next, w[3], 0, default);
                w = [w[1], w[2], w[3], next];
            }

            Vector128<uint> sum = w[Math.Min(index, 3)].AsUInt32() + Constants(round);
            cdgh = Sha.Execute(Mnemonic.Sha256rnds2, cdgh, abef, 0, sum.AsByte());
            abef = Sha.Execute(Mnemonic.Sha256rnds2, abef, cdgh, 0, Vector128.Create(sum[2], sum[3], 0, 0).AsByte());
        }

        Vector128<uint> high = abef.AsUInt32();
        Vector128<uint> low = cdgh.AsUInt32();
        uint[] result = [high[3], high[2], low[3], low[2], high[1], high[0], low[1], low[0]];
        return string.Concat(result.Select((word, i) => $"{word + initial[i]:x8}"));
    }

    // The fractions of the cube roots of the first primes.
    static Vector128<uint> Constants(int round)
    {
        uint[] constants = [.. Primes().Skip(round).Take(4).Select(CubeRootFraction)];
        return Vector128.Create(constants[0], constants[1], constants[2], constants[3]);
    }

    static System.Collections.Generic.IEnumerable<int> Primes() =>
        Enumerable.Range(2, 400).Where(n => Enumerable.Range(2, n - 2).All(d => n % d != 0));

    static uint CubeRootFraction(int prime)
    {
        // The largest root whose cube is at most prime × 2^96.
        System.Numerics.BigInteger target = new System.Numerics.BigInteger(prime) << 96;
        System.Numerics.BigInteger root = 0;
        for (int bit = 40; bit >= 0; bit--)
        {
            System.Numerics.BigInteger candidate = root | (System.Numerics.BigInteger.One << bit);
            if (candidate * candidate * candidate <= target)
                root = candidate;
        }

        return (uint)(root & uint.MaxValue);
    }
}
