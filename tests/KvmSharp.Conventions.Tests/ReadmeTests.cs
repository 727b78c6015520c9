using System;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>The README's example is a program that compiles, and runs with the other samples.</summary>
public sealed partial class ReadmeTests
{
    const string Readme = "README.md";
    const string Sample = "samples/ReadmeExample/Program.cs";

    [Fact]
    public void The_example_equals_the_sample()
    {
        string readme = Repository.Read(Readme, "it is the first page anybody reads");
        string sample = Repository.Read(Sample, $"it is the example in {Readme}");

        string[] blocks = [.. CodeBlock().Matches(readme).Select(match => match.Groups["code"].Value)];
        Match region = Region().Match(sample);

        Assert.True(blocks.Length == 1, $"{Readme} has {blocks.Length} C# blocks; it shall have one, the example");
        Assert.True(region.Success, $"{Sample} has no region from `// <readme>` to `// </readme>`");
        Assert.True(
            string.Equals(blocks[0], region.Groups["code"].Value, StringComparison.Ordinal),
            $"the example in {Readme} differs from {Sample}. Change the sample, see it run, and copy the region over");
    }

    [GeneratedRegex(@"^```csharp\n(?<code>[\s\S]*?)^```", RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"^// <readme>\n(?<code>[\s\S]*?)^// </readme>", RegexOptions.Multiline)]
    private static partial Regex Region();
}
