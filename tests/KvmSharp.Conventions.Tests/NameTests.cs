using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>Files, folders and types are named after what they are for, not after being useful.</summary>
public sealed partial class NameTests
{
    const string Remedy = "a name that fits anything says nothing. Name it after the concept it holds:";

    [Fact]
    public void No_file_or_folder_has_a_name_that_says_nothing()
    {
        IEnumerable<string> breaches = Repository.Files(".cs")
            .Concat(Repository.Files(".csproj"))
            .Where(file => file.Path.Split('/').Any(part => SaysNothing().IsMatch(part)))
            .Select(file => file.Path);
        Repository.AssertNone(breaches, Remedy);
    }

    [Fact]
    public void No_type_has_a_name_that_says_nothing()
    {
        IEnumerable<string> breaches =
            from file in Repository.Files(".cs")
            from Match declaration in TypeDeclaration().Matches(file.Code)
            let name = declaration.Groups["name"].Value
            where SaysNothing().IsMatch(name)
            select $"{file.Path}: {name}";
        Repository.AssertNone(breaches, Remedy);
    }

    [Theory]
    [InlineData("Utils", true)]
    [InlineData("SlotHelper", true)]
    [InlineData("MemoryManager.cs", true)]
    [InlineData("Utilization", false)]
    [InlineData("Miscount", false)]
    public void A_word_counts_only_as_a_whole(string name, bool expected) =>
        Assert.Equal(expected, SaysNothing().IsMatch(name));

    [GeneratedRegex(@"(?<![A-Z])(Common|Utils?|Utility|Utilities|Helpers?|Managers?|Misc)(?![a-z])")]
    private static partial Regex SaysNothing();

    [GeneratedRegex(@"\b(class|struct|record|interface|enum|delegate \w+)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex TypeDeclaration();
}
