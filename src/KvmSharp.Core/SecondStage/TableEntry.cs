namespace KvmSharp.SecondStage;

/// <summary>
/// What a slot of an <see cref="InteriorTable"/> refers to: a table of the level below or a <see cref="LargeLeaf"/>.
/// One reference holds the whole state of a slot, so one compare-exchange turns any state into any other and a walk
/// sees the one or the other, never a mixture.
/// </summary>
public abstract class TableEntry
{
    private protected TableEntry()
    {
    }
}
