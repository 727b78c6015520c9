using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>
/// Every lock under <c>src</c> is in <c>LOCKING.md</c> as <c>`Type._field`</c>, and what stands there exists.
/// </summary>
/// <remarks>A lock is a field of a lock's type, or of type <c>object</c> in a file that locks objects.</remarks>
public sealed partial class LockingTests
{
    const string Page = "LOCKING.md";

    [Fact]
    public void Every_lock_is_in_the_locking_page()
    {
        string page = ReadPage();
        IEnumerable<string> breaches = Repository.Files(".cs", "src")
            .SelectMany(LocksOf)
            .Where(found => !page.Contains($"`{found.Name}`", StringComparison.Ordinal))
            .Select(found => $"`{found.Name}` ({found.Path})");
        Repository.AssertNone(
            breaches, $"add to {Page} what each lock protects, and outside or inside which others it is taken:");
    }

    [Fact]
    public void The_locking_page_names_only_fields_that_exist()
    {
        RepositoryFile[] sources = [.. Repository.Files(".cs", "src")];
        IEnumerable<string> breaches = FieldReference().Matches(ReadPage())
            .Where(match => !sources.Any(file =>
                TypeDeclaration().Matches(file.Code).Any(type => type.Groups["name"].Value == match.Groups["type"].Value)
                && Regex.IsMatch(file.Code, $@"\b{match.Groups["field"].Value}\b")))
            .Select(match => match.Value)
            .Distinct();
        Repository.AssertNone(breaches, $"{Page} names fields that are gone. Bring it level with the code:");
    }

    [Fact]
    public void The_rule_finds_what_it_is_for() => Assert.NotEmpty(Repository.Files(".cs", "src").SelectMany(LocksOf));

    static string ReadPage() => Repository.Read(Page, "it lists every lock under src as `Type._field`. Write it");

    static IEnumerable<(string Name, string Path)> LocksOf(RepositoryFile file)
    {
        string code = file.Code;
        bool locksObjects = ObjectLocking().IsMatch(code);
        foreach (Match field in Field().Matches(code))
        {
            if (field.Groups["type"].Value.StartsWith("object", StringComparison.Ordinal) && !locksObjects)
                continue;
            string type = TypeDeclaration().Matches(code[..field.Index]).Last().Groups["name"].Value;
            yield return ($"{type}.{field.Groups["name"].Value}", file.Path);
        }
    }

    [GeneratedRegex(
        @"^\s+(?:(?:private|internal|public|protected|static|readonly)\s+)*"
        + @"(?<type>Lock|MmuLock|object\??|SpinLock|Mutex|SemaphoreSlim|Semaphore|ReaderWriterLockSlim)\s+(?<name>_\w+)\s*(?:=|;)",
        RegexOptions.Multiline)]
    private static partial Regex Field();

    [GeneratedRegex(@"\block\s*\(|\bMonitor\.")]
    private static partial Regex ObjectLocking();

    [GeneratedRegex(@"\b(?:class|struct|record struct|record)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"`(?<type>[A-Z]\w*)\.(?<field>_\w+)`")]
    private static partial Regex FieldReference();
}
