using System;
using System.IO;

namespace KvmSharp.Tests.HostMemory;

/// <summary>A file in which every byte is known.</summary>
sealed class TemporaryFile : IDisposable
{
    internal TemporaryFile(int length, byte content)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"kvmsharp-{Guid.NewGuid():N}");
        byte[] bytes = new byte[length];
        Array.Fill(bytes, content);
        File.WriteAllBytes(Path, bytes);
    }

    internal string Path { get; }

    internal byte[] ReadAll()
    {
        using FileStream stream = new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => File.Delete(Path);
}
