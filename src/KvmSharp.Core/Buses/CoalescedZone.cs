namespace KvmSharp.Buses;

/// <summary>Addresses, or ports, whose writes are collected: <c>struct kvm_coalesced_mmio_zone</c>.</summary>
/// <param name="Address">The first address, or port.</param>
/// <param name="Size">Bytes. KVM takes it for a signed number: from 2 GiB on a zone collects nothing.</param>
/// <param name="IsPort">Whether these are ports.</param>
public readonly record struct CoalescedZone(ulong Address, uint Size, bool IsPort = false)
{
    /// <summary>Whether a range lies wholly inside. One that goes round does not, and neither does any in a zone that does.</summary>
    /// <param name="address">Where it begins.</param>
    /// <param name="length">Bytes; below zero for a size that KVM takes for such.</param>
    internal bool Contains(ulong address, int length)
    {
        if (length < 0)
            return false;
        ulong end = unchecked(address + (ulong)length);
        return end >= address && address >= Address && end <= unchecked(Address + Size);
    }
}
