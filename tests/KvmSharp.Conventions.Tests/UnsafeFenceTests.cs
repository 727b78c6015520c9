using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>
/// The word <c>unsafe</c> stands only in folders that a project names in <c>UnsafeFolders</c>. The build says so too, for the
/// forms it knows; this looks for the word itself, in all projects.
/// </summary>
public sealed partial class UnsafeFenceTests
{
    static readonly string[] _withRawMemory = ["KvmSharp.Core.csproj", "KvmSharp.Hardware.csproj"];

    [Fact]
    public void Unsafe_code_stays_inside_its_folders()
    {
        string[] allowed = [.. Repository.Files(".csproj").SelectMany(UnsafeFolders)];
        IEnumerable<string> breaches = Repository.Files(".cs")
            .Where(file => Unsafe().IsMatch(file.Code))
            .Where(file => !allowed.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal)))
            .Select(file => file.Path);
        Repository.AssertNone(
            breaches,
            $"unsafe code outside {string.Join(", ", allowed)}. Use spans, or move what needs a pointer into one of these:");
    }

    [Fact]
    public void Only_the_libraries_that_must_allow_unsafe_blocks()
    {
        IEnumerable<string> breaches = Repository.Files(".csproj", "src")
            .Where(file => !_withRawMemory.Contains(file.Name) && UnsafeFolders(file).Length != 0)
            .Select(file => file.Path);
        Repository.AssertNone(
            breaches, $"raw memory is the business of {string.Join(", ", _withRawMemory)}. Set AllowUnsafeBlocks to false in:");
    }

    static string[] UnsafeFolders(RepositoryFile project)
    {
        XDocument xml = XDocument.Parse(project.Text);
        if (xml.Descendants("AllowUnsafeBlocks").All(element => element.Value != "true"))
            return [];
        string folders = string.Concat(xml.Descendants("UnsafeFolders").Select(element => element.Value));
        return [.. folders.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => $"{project.Folder}/{folder.TrimEnd('*')}")];
    }

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex Unsafe();
}
