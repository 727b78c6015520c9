using KvmSharp.Lab.Results;
using Xunit;

namespace KvmSharp.Lab.Tests.Results;

public class EstimateTests
{
    [Fact]
    public void Ranges_that_meet_are_no_difference()
    {
        Estimate one = Estimate.OfQuartiles(100, 90, 121);
        Estimate other = Estimate.OfQuartiles(130, 120, 140);

        Assert.Equal((0, 0), (one.CompareBeyondNoise(other), other.CompareBeyondNoise(one)));
    }

    [Fact]
    public void Ranges_apart_are_a_difference_only_beyond_the_tolerance()
    {
        Estimate one = Estimate.OfQuartiles(100, 99.9, 100.1);
        Estimate near = Estimate.OfQuartiles(104, 103.9, 104.1);
        Estimate far = Estimate.OfQuartiles(106, 105.9, 106.1);

        Assert.Equal((0, 0), (one.CompareBeyondNoise(near), near.CompareBeyondNoise(one)));
        Assert.Equal((-1, 1), (one.CompareBeyondNoise(far), far.CompareBeyondNoise(one)));
    }

    [Fact]
    public void A_mean_of_few_iterations_is_less_sure_than_one_of_many()
    {
        Estimate fewA = Estimate.OfMean(100, 4), fewB = Estimate.OfMean(140, 4);
        Estimate manyA = Estimate.OfMean(100, 400), manyB = Estimate.OfMean(140, 400);

        Assert.Equal(0, fewA.CompareBeyondNoise(fewB));
        Assert.Equal(-1, manyA.CompareBeyondNoise(manyB));
    }

    [Fact]
    public void Sizes_differ_by_more_than_rounding()
    {
        Assert.Equal(0, Estimate.OfCount(1000).CompareBeyondNoise(Estimate.OfCount(1009)));
        Assert.Equal(-1, Estimate.OfCount(1000).CompareBeyondNoise(Estimate.OfCount(1020)));
        Assert.Equal(-1, Estimate.OfCount(0).CompareBeyondNoise(Estimate.OfCount(8)));
        Assert.Equal(0, Estimate.OfCount(0).CompareBeyondNoise(Estimate.OfCount(0)));
    }
}
