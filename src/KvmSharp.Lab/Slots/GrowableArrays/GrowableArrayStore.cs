using System;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.GrowableArrays;

/// <summary>
/// The growable memory slot array proposed for KVM in 2012: as large as the slots in use need, up to a bound. Lookups by
/// guest frame and host address go through the array; the last frame that was found and the last that was not are
/// remembered; a table finds the place of an id, and a bitmap, in one word as long as it fits there, says which ids are in
/// use.
/// </summary>
public sealed class GrowableArrayStore : CopyingStore
{
    /// <param name="most">User slots at most: their ids are below it.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not from 1 to <see cref="SlotLimits.UserSlots"/>.</exception>
    public GrowableArrayStore(int most = SlotLimits.UserSlots)
        : base(new GrowableArraySet()) => UserSlots = SlotMaximum.Check(most);

    /// <summary>The design with the bound that KVM has today.</summary>
    public static SlotStoreDesign Design { get; } = new("growable-array", static () => new GrowableArrayStore());

    /// <inheritdoc/>
    public override int UserSlots { get; }

    /// <summary>The design with another bound, named <c>growable-array:MOST</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 1 to <see cref="SlotLimits.UserSlots"/>.</exception>
    public static SlotStoreDesign WithAtMost(int most)
    {
        SlotMaximum.Check(most);
        return new SlotStoreDesign(SlotMaximum.Name(Design, most), () => new GrowableArrayStore(most));
    }
}
