namespace KvmSharp.Litmus.AccessFlush;

/// <summary>How the host takes memory away from the guest.</summary>
enum TakenAwayBy
{
    Delete,
    Move,

    /// <summary>Not at all, which is wrong: the memory is poisoned in place. Shows that the guest's poison is seen.</summary>
    Nothing,
}
