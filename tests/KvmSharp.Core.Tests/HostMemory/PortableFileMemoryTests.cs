using KvmSharp.HostMemory;

namespace KvmSharp.Tests.HostMemory;

/// <summary>What holds for files where Linux maps them holds where .NET does.</summary>
public sealed class PortableFileMemoryTests : FileMemoryTests
{
    protected override FileMemory Open(string path, ulong offset, ulong length, FileMemoryAccess access) =>
        FileMemory.OpenPortable(path, offset, length, access);
}
