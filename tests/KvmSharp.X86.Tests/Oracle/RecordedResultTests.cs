using System.Collections.Generic;
using System.Linq;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>What was recorded beside a host's CPU holds on every host, those without a judge included.</summary>
/// <remarks>To record anew: <c>stress/README.md</c>.</remarks>
public sealed class RecordedResultTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. RecordedResults.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Results_are_those_that_were_recorded_beside_a_host(string name)
    {
        SortedDictionary<string, ulong> recorded = RecordedResults.Read(name);

        SortedDictionary<string, ulong> computed = RecordedResults.Compute(name, out long cases);

        output.WriteLine($"{computed.Count} sums, {cases} cases");
        Assert.Equal(recorded.Keys, computed.Keys);
        Assert.Empty(computed.Where(pair => recorded[pair.Key] != pair.Value).Select(pair => pair.Key));
        Assert.NotEmpty(computed);
    }
}
