namespace KvmSharp.DirtyLog;

/// <summary>What takes marked pages, as they are found. A struct, so that calls are direct.</summary>
interface IDirtySink
{
    /// <summary>Takes the marked pages of a word.</summary>
    /// <param name="firstPage">The page of bit 0; a multiple of 64.</param>
    /// <param name="bits">At least one bit.</param>
    void AddWord(ulong firstPage, ulong bits);

    /// <summary>Takes a long run of marked pages.</summary>
    /// <param name="firstPage">A multiple of 64.</param>
    /// <param name="count">At least one page.</param>
    void AddRun(ulong firstPage, ulong count);
}
