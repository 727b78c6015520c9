using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Vcpus;

/// <summary>
/// Remembers the frame at which a vCPU last met a device: most such accesses are to the device of the one before. It is good
/// for as long as the slots' generation stands still (KVM's entries for device memory, which carry the generation).
/// </summary>
/// <remarks>Not thread-safe; the vCPU's owner's. <c>default</c> remembers nothing.</remarks>
struct LastDeviceFrame
{
    // The frame plus one, so that default is none.
    ulong _frame;
    bool _writesOnly;

    /// <summary>The slots' generation, read before they were looked at.</summary>
    internal SlotGeneration Stamp { get; private set; }

    /// <summary>Whether an access to a frame went to a device the last time.</summary>
    internal readonly bool IsKnown(Gfn gfn, bool write) => gfn.Value + 1 == _frame && (write || !_writesOnly);

    /// <summary>Remembers a frame, unless the slots are just changing.</summary>
    /// <param name="gfn">The frame.</param>
    /// <param name="stamp">The slots' generation, read before they were looked at.</param>
    /// <param name="writesOnly">Whether it can be read as memory.</param>
    internal void Remember(Gfn gfn, SlotGeneration stamp, bool writesOnly)
    {
        // What is found under such a stamp may be older than what another lookup has found under the same.
        if (stamp.IsUpdating)
            return;
        _frame = gfn.Value + 1;
        _writesOnly = writesOnly;
        Stamp = stamp;
    }
}
