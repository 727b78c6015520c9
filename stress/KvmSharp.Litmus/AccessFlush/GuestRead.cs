namespace KvmSharp.Litmus.AccessFlush;

/// <summary>What the guest does between looks at the clock.</summary>
enum GuestRead
{
    /// <summary>One aligned word after the other, without a pause: the TLB-hit path.</summary>
    Word,

    /// <summary>A page in one copy, so that most requests meet an access that is under way.</summary>
    PageCopy,

    /// <summary>A word now and then; in between it computes, so that the requester has no answer and needs the barrier.</summary>
    Compute,
}
