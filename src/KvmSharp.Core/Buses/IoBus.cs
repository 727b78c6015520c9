using System;
using System.Threading;
using KvmSharp.Reclaim;

namespace KvmSharp.Buses;

/// <summary>
/// What takes guest accesses in one space of addresses before they leave the guest: KVM's <c>kvm_io_bus</c>. Reads are only
/// for the interrupt controllers, in a machine that has them.
/// </summary>
/// <remarks>
/// Thread-safe; made by <see cref="MachineBuses"/>, which has one for memory and one for ports. It is asked only about what
/// is not memory, so it costs accesses to memory nothing. A write takes no lock of the bus.
/// </remarks>
public sealed class IoBus
{
    readonly ReadSections _sections;

    // Replaced as a whole under MachineBuses._changing, read anywhere with Volatile.Read.
    BusRanges _ranges = BusRanges.Empty;

    internal IoBus(ReadSections sections) => _sections = sections;

    /// <summary>Who is there. The setter is for the one who changes them, and publishes.</summary>
    internal BusRanges Ranges
    {
        get => Volatile.Read(ref _ranges);
        // Complete before it is seen. Pairs with the getter.
        set => Volatile.Write(ref _ranges, value);
    }

    /// <summary>Offers a write to who is there, in their order, until one takes it.</summary>
    /// <param name="address">A guest physical address, or a port.</param>
    /// <param name="data">1 … 8 bytes.</param>
    /// <returns>
    /// Whether it was taken; then it is done. Otherwise it is for the user, and so is what follows in the same access: as
    /// in KVM, that is not offered any more.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">There are more bytes, or none.</exception>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> data)
    {
        if (Ranges.IsEmpty)
            return false;
        ArgumentOutOfRangeException.ThrowIfZero(data.Length, nameof(data));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, sizeof(ulong), nameof(data));
        // Who takes a receiver away waits for this section, and then it is not raised or filled any more.
        using (_sections.Enter())
        {
            BusRanges ranges = Ranges;
            int index = ranges.FirstAround(address, data.Length);
            if (index < 0)
                return false;
            for (; ranges.IsAround(index, address, data.Length); index++)
            {
                if (ranges[index].TryTake(address, data))
                    return true;
            }
            return false;
        }
    }

    /// <summary>Offers a read to who is there.</summary>
    /// <param name="address">A guest physical address, or a port.</param>
    /// <param name="data">1 … 8 bytes, to be filled.</param>
    /// <returns>Whether it was answered; otherwise it is for the user.</returns>
    public bool TryRead(ulong address, Span<byte> data)
    {
        if (!Ranges.HasDevices)
            return false;
        using (_sections.Enter())
        {
            BusRanges ranges = Ranges;
            int index = ranges.FirstAround(address, data.Length);
            for (; index >= 0 && ranges.IsAround(index, address, data.Length); index++)
            {
                if (ranges[index] is DeviceReceiver device && device.TryAnswer(address, data))
                    return true;
            }
            return false;
        }
    }

    /// <summary>Whether a read would be offered to anybody, as of now.</summary>
    /// <param name="address">A guest physical address, or a port.</param>
    /// <param name="length">Bytes.</param>
    public bool AnswersReads(ulong address, int length) => Ranges.HasDevices && IsWatched(address, length);

    /// <summary>Whether a write would be offered to anybody, as of now.</summary>
    /// <param name="address">A guest physical address, or a port.</param>
    /// <param name="length">Bytes.</param>
    public bool IsWatched(ulong address, int length) => Ranges.FirstAround(address, length) >= 0;
}
