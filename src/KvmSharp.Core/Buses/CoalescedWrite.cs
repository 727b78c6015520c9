namespace KvmSharp.Buses;

/// <summary>A write to a coalesced zone.</summary>
/// <param name="Address">The guest physical address, or the port.</param>
/// <param name="Length">Bytes: 1 … 8.</param>
/// <param name="IsPort">Whether the address is a port.</param>
/// <param name="Data">The bytes, the first one lowest; zeros above them.</param>
public readonly record struct CoalescedWrite(ulong Address, int Length, bool IsPort, ulong Data);
