using KvmSharp.Addresses;

namespace KvmSharp.Vcpus;

/// <summary>A piece of an access that belongs to a device: no more than eight bytes, not crossing a page.</summary>
/// <param name="Gpa">The guest physical address.</param>
/// <param name="Offset">Where the piece lies in the access, in bytes.</param>
/// <param name="Length">Bytes, 1 … 8.</param>
/// <param name="Data">For a write: the bytes, the first one lowest. For a read: zero.</param>
public readonly record struct MmioFragment(Gpa Gpa, int Offset, int Length, ulong Data);
