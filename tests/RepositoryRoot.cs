using System;
using System.IO;

namespace KvmSharp.Tests;

/// <summary>The folder with the solution, for tests that read files beside the code. Linked into each project that does.</summary>
/// <remarks>Not by the compiler's word for a source file: a build for release has no path in it.</remarks>
static class RepositoryRoot
{
    const string Marker = "KvmSharp.slnx";

    internal static string Path { get; } = Find();

    static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, Marker)))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"no {Marker} above {AppContext.BaseDirectory}");
    }
}
