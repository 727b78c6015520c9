using System.Numerics;
using KvmSharp.X86.State;
using Xunit;

namespace KvmSharp.X86.Tests.State;

/// <summary>Every flag of every addition and subtraction of bytes, against the manuals' definitions by wide arithmetic.</summary>
public sealed class LazyFlagsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Every_addition_of_bytes_leaves_the_flags_of_its_definition(int carry)
    {
        for (int left = 0; left < 256; left++)
        {
            for (int right = 0; right < 256; right++)
            {
                int wide = left + right + carry;
                int signed = (sbyte)left + (sbyte)right + carry;
                LazyFlags flags = default;
                flags.SetAddition((sbyte)left, (sbyte)right, (sbyte)wide);
                bool auxiliary = (left & 15) + (right & 15) + carry > 15;
                AssertFlags(flags, Define((byte)wide, wide > 255, auxiliary, signed is < -128 or > 127), left, right);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Every_subtraction_of_bytes_leaves_the_flags_of_its_definition(int borrow)
    {
        for (int left = 0; left < 256; left++)
        {
            for (int right = 0; right < 256; right++)
            {
                int wide = left - right - borrow;
                int signed = (sbyte)left - (sbyte)right - borrow;
                LazyFlags flags = default;
                flags.SetSubtraction((sbyte)left, (sbyte)right, (sbyte)wide);
                bool auxiliary = (left & 15) - (right & 15) - borrow < 0;
                AssertFlags(flags, Define((byte)wide, wide < 0, auxiliary, signed is < -128 or > 127), left, right);
            }
        }
    }

    [Fact]
    public void Flags_that_contradict_each_other_are_kept_as_they_were_set()
    {
        LazyFlags flags = default;
        flags.Value = RFlags.ZF | RFlags.SF | RFlags.CF;
        AssertFlags(flags, RFlags.ZF | RFlags.SF | RFlags.CF, 0, 0);
    }

    [Fact]
    public void Replacing_flags_keeps_the_others()
    {
        LazyFlags flags = default;
        flags.SetSubtraction(1, 2, -1);
        flags.Replace(RFlags.CF | RFlags.OF, RFlags.OF);
        AssertFlags(flags, RFlags.PF | RFlags.AF | RFlags.SF | RFlags.OF, 1, 2);
    }

    static ulong Define(byte result, bool carry, bool auxiliary, bool overflow) =>
        (carry ? RFlags.CF : 0)
        | ((BitOperations.PopCount(result) & 1) == 0 ? RFlags.PF : 0)
        | (auxiliary ? RFlags.AF : 0)
        | (result == 0 ? RFlags.ZF : 0)
        | (result >= 0x80 ? RFlags.SF : 0)
        | (overflow ? RFlags.OF : 0);

    // The whole word, and each flag by itself: they are computed by different expressions.
    static void AssertFlags(LazyFlags flags, ulong expected, int left, int right)
    {
        Assert.True(expected == flags.Value, $"{left:x2}, {right:x2}: {flags.Value:x} for {expected:x}");
        Assert.Equal((expected & RFlags.CF) != 0, flags.Carry);
        Assert.Equal((expected & RFlags.PF) != 0, flags.Parity);
        Assert.Equal((expected & RFlags.ZF) != 0, flags.Zero);
        Assert.Equal((expected & RFlags.SF) != 0, flags.Sign);
        Assert.Equal((expected & RFlags.OF) != 0, flags.Overflow);
    }
}
