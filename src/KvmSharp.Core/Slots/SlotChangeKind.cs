namespace KvmSharp.Slots;

/// <summary>What a call turns out to be.</summary>
enum SlotChangeKind
{
    /// <summary>Everything is as wanted already.</summary>
    None,

    /// <summary>A new slot.</summary>
    Create,

    /// <summary>A slot goes.</summary>
    Delete,

    /// <summary>A slot gets another base, and perhaps other flags.</summary>
    Move,

    /// <summary>A slot gets other flags in its place.</summary>
    FlagsOnly,
}
