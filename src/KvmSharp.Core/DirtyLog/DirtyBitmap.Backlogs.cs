using System.Collections.Generic;
using KvmSharp.Slots;

namespace KvmSharp.DirtyLog;

// As the log of a slot: whose it is, and who has still to be told what was taken out of it. Guarded by the slots lock.
partial class DirtyBitmap
{
    readonly List<DirtyBacklog> _backlogs = [];
    DirtyBitmap? _forKvm;

    /// <summary>The slot whose log this is; none when it is no longer, or nobody has asked yet.</summary>
    internal MemorySlot? Slot { get; set; }

    /// <summary>Whether the bitmap may be in the machine's list.</summary>
    internal bool IsFollowed => _list is not null;

    /// <summary>What KVM's own calls have still to be told.</summary>
    internal DirtyBitmap ForKvm => _forKvm ??= new DirtyBitmap(PageCount, initiallySet: false);

    internal DirtyBitmap? ForKvmOrNone => _forKvm;

    /// <summary>What a consumer has still to be told; made, and put into its queue, when it is first needed.</summary>
    internal DirtyBacklog BacklogFor(DirtyConsumer consumer)
    {
        DirtyBacklog? found = null;
        foreach (DirtyBacklog backlog in _backlogs)
        {
            if (ReferenceEquals(backlog.Consumer, consumer))
                found = backlog;
        }
        if (found is null)
        {
            _backlogs.RemoveAll(static backlog => backlog.Consumer.IsDisposed);
            found = new DirtyBacklog(consumer, this);
            _backlogs.Add(found);
        }
        consumer.Enqueue(found);
        return found;
    }
}
