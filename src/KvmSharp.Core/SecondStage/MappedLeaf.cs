using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

/// <summary>A present leaf as it was when it was visited.</summary>
/// <param name="Base">The first frame it maps.</param>
/// <param name="Level">Its size.</param>
/// <param name="Spte">The entry.</param>
public readonly record struct MappedLeaf(Gfn Base, PageLevel Level, Spte Spte)
{
    /// <summary>The frames it maps.</summary>
    public GfnRange Frames => new(Base, Level.PageCount);
}
