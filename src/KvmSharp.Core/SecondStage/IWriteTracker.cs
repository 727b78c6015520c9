using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.SecondStage;

/// <summary>Who is told before a tracked frame is written by a vCPU, or after the machine's own view has written it.</summary>
public interface IWriteTracker
{
    /// <summary>A frame that was tracked is no more: it may be written from now on, unannounced.</summary>
    /// <param name="space">The frame's address space.</param>
    /// <param name="gfn">The frame.</param>
    /// <remarks>
    /// On the writer's thread, inside a read section and perhaps under the MMU lock: it must not block, throw, touch guest
    /// memory or change slots. Called once for each time that the frame was tracked.
    /// </remarks>
    void Written(AddressSpaceId space, Gfn gfn);
}
