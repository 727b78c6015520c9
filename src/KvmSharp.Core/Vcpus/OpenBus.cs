using System;
using KvmSharp.Addresses;

namespace KvmSharp.Vcpus;

/// <summary>Nobody there: reads see all bits set, writes are lost.</summary>
public sealed class OpenBus : IMmioDevice
{
    OpenBus()
    {
    }

    /// <summary>The one there is.</summary>
    public static OpenBus Instance { get; } = new();

    /// <inheritdoc/>
    public void Read(Gpa address, Span<byte> data) => data.Fill(byte.MaxValue);

    /// <inheritdoc/>
    public void Write(Gpa address, ReadOnlySpan<byte> data)
    {
    }
}
