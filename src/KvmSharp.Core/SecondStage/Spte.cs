using System;
using System.Globalization;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

/// <summary>
/// One second-stage entry: what a guest frame, or an aligned run of frames, is backed by and what may be done with it.
/// It is a value; entries in a table are changed in place through <see cref="SpteCell"/> only.
/// </summary>
/// <param name="Value">The raw bits. Zero is the only value that is not present.</param>
/// <remarks>
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>if present is clear, the whole value is 0, so "free" is one compare and one value to exchange against;</item>
/// <item>if writable is clear, dirty is clear: taking the right to write also forgets that a write was seen, so the
/// next write faults and is seen again;</item>
/// <item>if dirty is set, present and writable are set; accessed may be clear, because ageing leaves dirty alone;</item>
/// <item>large is set exactly in leaves above 4 KiB;</item>
/// <item>the host page is aligned to the size of the leaf;</item>
/// <item>all other bits are 0.</item>
/// </list>
/// </remarks>
public readonly record struct Spte(ulong Value)
{
    //  63      57 56                            12 11       5  4   3   2   1   0
    // +----------+--------------------------------+----------+---+---+---+---+---+
    // |    0     |   host page (hva bits 56:12)   |    0     | L | D | A | W | P |
    // +----------+--------------------------------+----------+---+---+---+---+---+
    //
    // Present is the lowest bit so that testing it needs no wide constant. The flags stay below Page.Shift, so the
    // host address is one AND away.
    internal const ulong Present = 1;
    internal const ulong Writable = Present << 1;
    internal const ulong Accessed = Writable << 1;
    internal const ulong Dirty = Accessed << 1;
    internal const ulong Large = Dirty << 1;
    internal const ulong Flags = Present | Writable | Accessed | Dirty | Large;

    /// <summary>Host addresses at or above 2 to this power cannot be mapped: enough for five-level host paging.</summary>
    public const int HvaBits = 57;

    internal const ulong HostPageMask = ((1UL << HvaBits) - 1) & ~Page.OffsetMask;

    /// <summary>Whether the entry maps anything.</summary>
    public bool IsPresent => (Value & Present) != 0;

    /// <summary>Whether the guest may write without a fault.</summary>
    public bool IsWritable => (Value & Writable) != 0;

    /// <summary>Whether the entry was used since it was last aged.</summary>
    public bool IsAccessed => (Value & Accessed) != 0;

    /// <summary>Whether a write went through the entry since the right to write was last given.</summary>
    public bool IsDirty => (Value & Dirty) != 0;

    /// <summary>Whether this is a leaf above 4 KiB.</summary>
    public bool IsLarge => (Value & Large) != 0;

    /// <summary>The host address of the leaf's first byte.</summary>
    public Hva HostPage => new(Value & HostPageMask);

    /// <summary>Makes a present leaf.</summary>
    /// <param name="hostPage">Aligned to the leaf's size.</param>
    /// <param name="level">The leaf's size.</param>
    /// <param name="writable">Whether writes are allowed.</param>
    /// <param name="accessed">Whether it counts as used already.</param>
    /// <param name="dirty">Whether it counts as written already; only with <paramref name="writable"/>.</param>
    public static Spte Leaf(Hva hostPage, PageLevel level, bool writable, bool accessed = false, bool dirty = false)
    {
        Spte spte = new(
            hostPage.Value
            | Present
            | (writable ? Writable : 0)
            | (accessed ? Accessed : 0)
            | (dirty ? Dirty : 0)
            | (level > PageLevel.Page4K ? Large : 0));
        return spte.Breach(level) is { } breach ? throw new ArgumentException($"{spte}: {breach}") : spte;
    }

    /// <summary>The host address of one frame of a leaf.</summary>
    /// <param name="gfn">A frame that the leaf maps.</param>
    /// <param name="level">The leaf's size, as the walk reported it.</param>
    public Hva HvaOf(Gfn gfn, PageLevel level) =>
        HostPage + ((gfn.Value & (level.PageCount - 1)) << Page.Shift);

    /// <summary>The first invariant that the value breaks in a table of <paramref name="level"/>, or none.</summary>
    internal string? Breach(PageLevel level) => this switch
    {
        { IsPresent: false } => Value == 0 ? null : "not present, yet not 0",
        { IsDirty: true, IsWritable: false } => "dirty, yet not writable",
        _ when IsLarge != level > PageLevel.Page4K => $"large does not fit level {level}",
        _ when (Value & ~(Flags | HostPageMask)) != 0 => "a reserved bit is set",
        _ when (HostPage.PageNumber & (level.PageCount - 1)) != 0 => $"host page not aligned to {level}",
        _ => null,
    };

    /// <summary>The host page in hex and a letter for each flag.</summary>
    public override string ToString() => IsPresent
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"spte:{HostPage.Value:x}{(IsWritable ? "+w" : "")}{(IsAccessed ? "+a" : "")}{(IsDirty ? "+d" : "")}{(IsLarge ? "+l" : "")}")
        : string.Create(CultureInfo.InvariantCulture, $"spte:none({Value:x})");
}
