using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>
/// Every member that makes a pointer or goes through one says why it may, in a <c>// SAFETY:</c> comment in its body or
/// directly above it.
/// </summary>
/// <remarks>
/// What counts: a pointer cast and a dereference (<c>*(T*)x</c>, <c>(byte*)x</c>, <c>*to</c>), <c>fixed</c>, a span over a
/// pointer, and the memory calls of <c>Unsafe</c>, <c>MemoryMarshal</c>, <c>NativeMemory</c> and <c>Buffer</c>. What does
/// not: an arrow, whose pointer was made by a member that says why; taking the address of a local (<c>&amp;value</c>).
/// A member is what begins at the indentation of members; one of a nested type counts with the type.
/// </remarks>
public sealed partial class SafetyCommentTests
{
    const string MemberIndentation = "    ";

    [Fact]
    public void Every_member_that_touches_raw_memory_says_why_it_may()
    {
        IEnumerable<string> breaches = Repository.Files(".cs", "src").SelectMany(Unproved);
        Repository.AssertNone(
            breaches,
            "no `// SAFETY:` comment in or above the member. Say which precondition holds and who guarantees it:");
    }

    [Fact]
    public void The_rule_finds_what_it_is_for() =>
        Assert.Contains(Repository.Files(".cs", "src"), file => RawAccess().IsMatch(file.Code));

    static IEnumerable<string> Unproved(RepositoryFile file)
    {
        if (!RawAccess().IsMatch(file.Code))
            yield break;
        string[] code = file.Code.Split('\n');
        string[] text = file.Text.Split('\n');
        for (int line = 0; line < code.Length; line++)
        {
            if (!RawAccess().IsMatch(code[line]))
                continue;
            (int first, int last) = MemberAround(text, line);
            if (!text[first..(last + 1)].Any(inside => inside.Contains("// SAFETY:", StringComparison.Ordinal)))
                yield return $"{file.Path}:{line + 1}: {text[line].Trim()}";
        }
    }

    static (int First, int Last) MemberAround(string[] text, int line)
    {
        int first = line;
        while (first > 0 && !IsDeclaration(text[first]))
            first--;
        // Comments and attributes above belong to it.
        while (first > 0 && text[first - 1].TrimStart() is ['/', '/', ..] or ['[', ..])
            first--;
        int last = line;
        while (last < text.Length - 1 && !EndsMember(text, last))
            last++;
        return (first, last);
    }

    static bool IsAtMemberLevel(string line) =>
        line.StartsWith(MemberIndentation, StringComparison.Ordinal) && line.Length > MemberIndentation.Length
        && line[MemberIndentation.Length] != ' ';

    static bool IsDeclaration(string line) => IsAtMemberLevel(line) && char.IsLetter(line[MemberIndentation.Length]);

    // A closing brace of its own, or whatever begins the next member: its comment, attribute or declaration.
    static bool EndsMember(string[] text, int line) =>
        text[line].StartsWith(MemberIndentation + "}", StringComparison.Ordinal)
        || (IsAtMemberLevel(text[line + 1]) && text[line + 1][MemberIndentation.Length] is not ('{' or '}'));

    [GeneratedRegex(
        @"\(\w+\*\)(?!&)|(?<![\w)\]>]\s*)\*\w+\b(?!\s*\))|\bfixed\s*\(|\bnew (ReadOnly)?Span<\w+>\(\w*(start|pointer|host|buffer|bytes)\b"
        + @"|\bUnsafe\.(Read|Write|Copy|AsRef|AsPointer|Init|Add)|\bMemoryMarshal\.|\bNativeMemory\.|\bBuffer\.MemoryCopy")]
    private static partial Regex RawAccess();
}
