using System.Collections.Generic;
using System.Linq;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Conventions;

/// <summary>A file holds one idea. A report of how long files are; far too long ones fail.</summary>
public sealed class FileLengthTests(ITestOutputHelper output)
{
    const int LookForTheSecondIdea = 400;
    const int TooLong = 600;

    [Fact]
    public void No_file_is_far_too_long()
    {
        (string Path, int Lines)[] files = [.. Repository.Files(".cs")
            .Select(file => (file.Path, file.Lines.Length))
            .OrderByDescending(file => file.Length)];
        output.WriteLine($"{files.Length} files, median {files[files.Length / 2].Lines} lines, longest {files[0].Lines}");
        foreach ((string path, int lines) in files.TakeWhile(file => file.Lines > LookForTheSecondIdea))
            output.WriteLine($"{lines} {path}: look for the second idea");

        IEnumerable<string> breaches = files.Where(file => file.Lines > TooLong).Select(file => $"{file.Path}: {file.Lines}");
        Repository.AssertNone(breaches, $"longer than {TooLong} lines. Find the second idea, or split by role:");
    }
}
