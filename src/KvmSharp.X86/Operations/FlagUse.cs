namespace KvmSharp.X86.Operations;

/// <summary>What an operation has to do with the arithmetic flags. It decides whether those before it are ever seen.</summary>
enum FlagUse
{
    /// <summary>It may read them, or stop – and then whoever handles that sees them.</summary>
    Shows,

    /// <summary>It neither reads nor changes them, and never stops.</summary>
    Ignores,

    /// <summary>It changes some, keeps the others, reads none for its result, and never stops.</summary>
    Changes,

    /// <summary>It replaces them all, reads none, and never stops.</summary>
    Replaces,
}
