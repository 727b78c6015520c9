namespace KvmSharp.X86.State;

/// <summary>A segment selector.</summary>
/// <remarks>
/// <code>
///  15:3   2              1:0
///  index  local table    RPL
/// </code>
/// </remarks>
readonly record struct Selector(ushort Value)
{
    internal int Rpl => Value & 3;

    internal bool IsLocal => (Value & 4) != 0;

    /// <summary>Whether it names nothing: the first entry of the global table.</summary>
    internal bool IsNull => (Value & ~3) == 0;

    /// <summary>Bytes from the start of the table.</summary>
    internal uint Offset => (uint)Value & ~7u;

    /// <summary>The error code that names it.</summary>
    internal uint Error => (uint)Value & ~3u;

    internal Selector WithRpl(int rpl) => new((ushort)((Value & ~3) | rpl));
}
