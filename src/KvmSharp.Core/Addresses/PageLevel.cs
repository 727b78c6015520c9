namespace KvmSharp.Addresses;

/// <summary>The size of a second-stage leaf, numbered as the level of the table that holds it.</summary>
public enum PageLevel
{
    /// <summary>No leaf.</summary>
    None = 0,

    /// <summary>A leaf of one page.</summary>
    Page4K = 1,

    /// <summary>A leaf of 512 pages.</summary>
    Page2M = 2,

    /// <summary>A leaf of 512 × 512 pages.</summary>
    Page1G = 3,
}

/// <summary>Sizes that follow from a <see cref="PageLevel"/>.</summary>
public static class PageLevels
{
    /// <summary>log2 of the entries in a table.</summary>
    public const int IndexBits = 9;

    /// <summary>Entries in a table.</summary>
    public const int EntriesPerTable = 1 << IndexBits;

    extension(PageLevel level)
    {
        /// <summary>log2 of the pages that one entry of this level maps.</summary>
        public int PageShift => ((int)level - 1) * IndexBits;

        /// <summary>Pages that one entry of this level maps.</summary>
        public ulong PageCount => 1UL << level.PageShift;
    }
}
