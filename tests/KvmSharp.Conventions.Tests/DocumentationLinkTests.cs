using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>Links in documents lead to files that exist.</summary>
public sealed partial class DocumentationLinkTests
{
    [Fact]
    public void Links_lead_to_files_that_exist()
    {
        IEnumerable<string> breaches =
            from file in Repository.Files(".md")
            from Match link in Link().Matches(Code().Replace(file.Text, ""))
            let target = link.Groups["target"].Value
            where !target.Contains("://", System.StringComparison.Ordinal) && !target.StartsWith("mailto:", System.StringComparison.Ordinal)
            let full = Path.GetFullPath(Path.Combine(Repository.Root, file.Folder, target))
            where !File.Exists(full) && !Directory.Exists(full)
            select $"{file.Path}: {target}";
        Repository.AssertNone(breaches, "links that lead nowhere. Correct them, or write what they promise:");
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s#]+)(?:#[^)\s]*)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```[\s\S]*?^```|`[^`\n]*`(?!\])", RegexOptions.Multiline)]
    private static partial Regex Code();
}
