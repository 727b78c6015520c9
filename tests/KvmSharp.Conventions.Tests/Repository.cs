using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KvmSharp.Tests;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>The files of the repository, as they lie on disk; what building leaves there is left out.</summary>
static class Repository
{
    static readonly string[] _notOurs = ["bin", "obj", "artifacts", "TestResults", "BenchmarkDotNet.Artifacts"];

    /// <summary>The folder with the solution.</summary>
    public static string Root => RepositoryRoot.Path;

    /// <summary>The configuration these tests were built in, which is that of everything they run.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Files with an extension, below a folder of the repository.</summary>
    public static IEnumerable<RepositoryFile> Files(string extension, string folder = "") =>
        Walk(new DirectoryInfo(Path.Combine(Root, folder)))
            .Where(file => file.Extension == extension)
            .Select(file => new RepositoryFile(Path.GetRelativePath(Root, file.FullName).Replace('\\', '/')))
            .OrderBy(file => file.Path, StringComparer.Ordinal);

    /// <summary>A file that has to be there.</summary>
    public static string Read(string path, string whyItMustExist)
    {
        string full = Path.Combine(Root, path);
        Assert.True(File.Exists(full), $"{path} does not exist: {whyItMustExist}");
        return File.ReadAllText(full).ReplaceLineEndings("\n");
    }

    /// <summary>Fails with one line for each breach, and what to do about them.</summary>
    public static void AssertNone(IEnumerable<string> breaches, string remedy)
    {
        string[] found = [.. breaches];
        Assert.True(found.Length == 0, $"{remedy}\n  {string.Join("\n  ", found)}");
    }

    static IEnumerable<FileInfo> Walk(DirectoryInfo folder)
    {
        if (!folder.Exists)
            return [];
        IEnumerable<FileInfo> below = folder.EnumerateDirectories()
            .Where(child => !child.Name.StartsWith('.') && !_notOurs.Contains(child.Name))
            .SelectMany(Walk);
        return folder.EnumerateFiles().Concat(below);
    }
}
