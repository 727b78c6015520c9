using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>What is in the repository is built with it, from packages that are pinned.</summary>
public sealed class SolutionTests
{
    const string Solution = "KvmSharp.slnx";

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read(Solution, "it is what `dotnet build` and `dotnet test` take");
        IEnumerable<string> breaches = Repository.Files(".csproj")
            .Where(project => !solution.Contains($"\"{project.Path}\"", StringComparison.Ordinal))
            .Select(project => project.Path);
        Repository.AssertNone(breaches, $"projects that nobody builds. Add them to {Solution}:");
    }

    [Fact]
    public void Every_project_has_a_lock_file()
    {
        IEnumerable<string> breaches = Repository.Files(".csproj")
            .Where(project => !File.Exists(Path.Combine(Repository.Root, project.Folder, "packages.lock.json")))
            .Select(project => project.Path);
        Repository.AssertNone(breaches, "packages are not pinned. Restore, and commit packages.lock.json beside:");
    }
}
