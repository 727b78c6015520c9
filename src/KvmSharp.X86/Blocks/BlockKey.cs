namespace KvmSharp.X86.Blocks;

/// <summary>What a block depends on besides its bytes.</summary>
/// <param name="Mode">How it was decoded.</param>
/// <param name="IsUser">Whether it runs as user code: whoever links blocks need not look at the rights of pages again.</param>
/// <param name="IsSingle">Whether it ends after one instruction.</param>
readonly record struct BlockKey(CodeMode Mode, bool IsUser, bool IsSingle)
{
    /// <summary>A number for the key and a place in a page.</summary>
    internal int At(int offset) =>
        offset | ((int)Mode << Addresses.Page.Shift) | (IsUser ? 1 << 14 : 0) | (IsSingle ? 1 << 15 : 0);
}
