using System;
using System.Globalization;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>How many slots a design with a bound of its own may hold.</summary>
static class SlotMaximum
{
    /// <summary>The number itself, when it can be a bound.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 1 to <see cref="SlotLimits.UserSlots"/>.</exception>
    internal static int Check(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, SlotLimits.UserSlots);
        return most;
    }

    /// <summary>The name of a design with that bound.</summary>
    internal static string Name(SlotStoreDesign design, int most) =>
        string.Create(CultureInfo.InvariantCulture, $"{design.Name}:{most}");
}
