using System.Runtime.Intrinsics;
using KvmSharp.X86.FloatingPoint;
using KvmSharp.X86.Simd;
using KvmSharp.X86.Tests.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Simd;

/// <summary>The way over the host's arithmetic gives what the exact way gives, flags included, on any host.</summary>
public sealed class HostArithmeticTests(ITestOutputHelper output)
{
    const int Runs = 20_000;

    [Fact]
    public void Sums_agree() => Compare<FloatOperations.Add>();

    [Fact]
    public void Differences_agree() => Compare<FloatOperations.Subtract>();

    [Fact]
    public void Products_agree() => Compare<FloatOperations.Multiply>();

    [Fact]
    public void Quotients_agree() => Compare<FloatOperations.Divide>();

    [Fact]
    public void Roots_agree() => Compare<FloatOperations.SquareRoot>();

    [Fact]
    public void A_product_that_vanishes_is_an_underflow()
    {
        // The least normal number times itself: the host gives zero and tells nobody.
        Vector128<byte> tiny = Vector128.Create(double.Epsilon * (1L << 52)).AsByte();
        Mxcsr mxcsr = new() { Value = Mxcsr.Initial };
        Assert.True(HostArithmetic.TryDoubles<FloatOperations.Multiply>(tiny, tiny, 2, ref mxcsr, out Vector128<byte> result));
        Assert.Equal(default, result);
        Assert.Equal(Mxcsr.Initial | (uint)(FloatExceptions.Underflow | FloatExceptions.Inexact), mxcsr.Value);
    }

    void Compare<TOperation>()
        where TOperation : struct, HostArithmetic.IOperation
    {
        RandomSource random = new(RandomSource.ChooseSeed());
        output.WriteLine($"seed {random.Seed:x}");
        byte[] bytes = new byte[16];
        for (int i = 0; i < Runs; i++)
        {
            EdgeValues.Vector(random, bytes);
            Vector128<byte> a = Vector128.Create<byte>(bytes);
            EdgeValues.Vector(random, bytes);
            Vector128<byte> b = Vector128.Create<byte>(bytes);
            Mxcsr start = new() { Value = Mxcsr.Initial | (random.OneIn(2) ? (uint)FloatExceptions.Inexact : 0) };

            Mxcsr ours = start;
            HostArithmetic.TryDoubles<TOperation>(a, b, 2, ref ours, out Vector128<byte> doubles);
            FloatEnvironment exact = start.Environment;
            Vector128<byte> expected = FloatLanes.Doubles<TOperation>(a, b, 2, ref exact);
            Assert.True(doubles == expected && ours.Value == (start.Value | (uint)exact.Raised), $"{a.AsUInt64()} {b.AsUInt64()}");

            ours = start;
            HostArithmetic.TrySingles<TOperation>(a, b, 4, ref ours, out Vector128<byte> singles);
            exact = start.Environment;
            expected = FloatLanes.Singles<TOperation>(a, b, 4, ref exact);
            Assert.True(singles == expected && ours.Value == (start.Value | (uint)exact.Raised), $"{a.AsUInt32()} {b.AsUInt32()}");
        }
    }
}
