namespace KvmSharp.Litmus.DirtyMark;

/// <summary>How a copy of the dirty bitmap orders its steps.</summary>
enum MarkOrder
{
    /// <summary>As the library does.</summary>
    Sound,

    /// <summary>Broken: the marker looks at the summary, then marks.</summary>
    LooksBefore,

    /// <summary>Broken: who drains clears the bits, then the summary.</summary>
    DrainsUpwards,

    /// <summary>Broken: the marker leaves a page alone that it sees marked.</summary>
    SkipsMarked,
}
