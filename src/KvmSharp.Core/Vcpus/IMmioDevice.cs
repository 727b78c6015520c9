using System;
using KvmSharp.Addresses;

namespace KvmSharp.Vcpus;

/// <summary>What answers guest accesses that no memory slot takes.</summary>
/// <remarks>Called on the vCPU's thread, outside guest mode; it may change slots.</remarks>
public interface IMmioDevice
{
    /// <summary>The guest reads.</summary>
    /// <param name="address">Where.</param>
    /// <param name="data">1 … 8 bytes to fill.</param>
    void Read(Gpa address, Span<byte> data);

    /// <summary>The guest writes.</summary>
    /// <param name="address">Where.</param>
    /// <param name="data">1 … 8 bytes.</param>
    void Write(Gpa address, ReadOnlySpan<byte> data);
}
