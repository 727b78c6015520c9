using KvmSharp.Addresses;

namespace KvmSharp.Backends;

/// <summary>
/// An access inside a slot for which the host has no memory: unmapped, or lost. The guest has not moved on, so a run
/// after the memory is back tries again.
/// </summary>
/// <param name="Flags">KVM's flags; bit 3 says that private memory was meant.</param>
/// <param name="Address">Where, if <paramref name="Size"/> is not zero.</param>
/// <param name="Size">Bytes; zero when the host does not say where.</param>
public readonly record struct MemoryFaultExit(ulong Flags, Gpa Address, ulong Size);
