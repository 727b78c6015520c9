namespace KvmSharp.X86.Paging;

/// <summary>What an access is for, as page rights tell accesses apart.</summary>
enum AccessKind
{
    Read,
    Write,
    Execute,
}
