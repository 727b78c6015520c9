using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.SecondStage;

// What tracked writes do to the second stage.
partial class Mmu
{
    /// <summary>Frames whose next write is announced.</summary>
    internal WriteTracking Tracking { get; }

    /// <summary>Makes the next write to a frame fault.</summary>
    internal void WriteProtect(AddressSpaceId space, Gfn gfn)
    {
        _lock.EnterExclusive();
        try
        {
            var protector = new PageProtector(_tables[space.Value]);
            protector.Protect(gfn, pages: 1);
            if (protector.HasTaken)
                _tlbs.Flush();
        }
        finally
        {
            _lock.ExitExclusive();
        }
    }
}
