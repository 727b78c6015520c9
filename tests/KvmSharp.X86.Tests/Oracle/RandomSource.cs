using System;
using System.Globalization;
using System.Runtime.InteropServices;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>A seeded generator (xoshiro256**) that allocates nothing, with the draws the tests need.</summary>
/// <remarks>Set <c>KVMSHARP_SEED</c> to a printed seed to replay a run.</remarks>
sealed class RandomSource
{
    ulong _s0;
    ulong _s1;
    ulong _s2;
    ulong _s3;

    public RandomSource(ulong seed)
    {
        Seed = seed;
        _s0 = Mix(ref seed);
        _s1 = Mix(ref seed);
        _s2 = Mix(ref seed);
        _s3 = Mix(ref seed);
    }

    public ulong Seed { get; }

    /// <summary>A new seed, or the one that the environment asks to replay.</summary>
    public static ulong ChooseSeed() =>
        Environment.GetEnvironmentVariable("KVMSHARP_SEED") is { Length: > 0 } text
            ? ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : (ulong)Random.Shared.NextInt64();

    public ulong Next()
    {
        ulong result = ulong.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number from 0 to <paramref name="limit"/> − 1.</summary>
    public int Below(int limit) => (int)(((Next() >> 32) * (ulong)limit) >> 32);

    /// <summary>True once in <paramref name="n"/> times.</summary>
    public bool OneIn(int n) => Below(n) == 0;

    public T Pick<T>(ReadOnlySpan<T> from) => from[Below(from.Length)];

    public void Fill(Span<ulong> words)
    {
        foreach (ref ulong word in words)
            word = Next();
    }

    /// <summary>A structure of random bytes.</summary>
    public T Any<T>()
        where T : unmanaged
    {
        T value = default;
        foreach (ref byte part in MemoryMarshal.AsBytes(new Span<T>(ref value)))
            part = (byte)Next();
        return value;
    }

    static ulong Mix(ref ulong state)
    {
        ulong z = state += 0x9e37_79b9_7f4a_7c15;
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }
}
