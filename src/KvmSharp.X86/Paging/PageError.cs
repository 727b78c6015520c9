namespace KvmSharp.X86.Paging;

/// <summary>The bits of a page fault's error code.</summary>
static class PageError
{
    /// <summary>The page is present; its rights forbid the access.</summary>
    internal const uint Protection = 1 << 0;
    internal const uint Write = 1 << 1;
    internal const uint User = 1 << 2;
    internal const uint Reserved = 1 << 3;
    internal const uint Fetch = 1 << 4;
}
