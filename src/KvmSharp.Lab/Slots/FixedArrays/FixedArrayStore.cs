using System;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.FixedArrays;

/// <summary>
/// KVM's design before 2012: an array for as many slots as there may be, searched from the front by guest frame, host
/// address and id, and copied whole for each publication, however few slots are in use.
/// </summary>
public sealed class FixedArrayStore : CopyingStore
{
    /// <param name="most">User slots at most; the machine's own are added, as in KVM.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not from 1 to <see cref="SlotLimits.UserSlots"/>.</exception>
    public FixedArrayStore(int most = SlotLimits.UserSlots)
        : base(new FixedArraySet(SlotMaximum.Check(most) + SlotLimits.InternalSlots)) => UserSlots = most;

    /// <summary>The design with room for as many slots as KVM allows today.</summary>
    public static SlotStoreDesign Design { get; } = new("fixed-array", static () => new FixedArrayStore());

    /// <inheritdoc/>
    public override int UserSlots { get; }

    /// <summary>The design with another maximum, named <c>fixed-array:MOST</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 1 to <see cref="SlotLimits.UserSlots"/>.</exception>
    public static SlotStoreDesign WithAtMost(int most)
    {
        SlotMaximum.Check(most);
        return new SlotStoreDesign(SlotMaximum.Name(Design, most), () => new FixedArrayStore(most));
    }
}
