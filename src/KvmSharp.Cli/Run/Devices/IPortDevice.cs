using System;

namespace KvmSharp.Cli.Run.Devices;

/// <summary>A device behind one or several ports.</summary>
/// <remarks>vCPUs call it from their own threads; it keeps itself consistent.</remarks>
interface IPortDevice
{
    /// <summary>Its lowest port.</summary>
    ushort FirstPort { get; }

    /// <summary>Ports it has.</summary>
    int PortCount { get; }

    /// <summary>The guest writes.</summary>
    /// <param name="offset">Ports above the lowest.</param>
    /// <param name="data">1, 2 or 4 bytes.</param>
    void Write(int offset, ReadOnlySpan<byte> data);

    /// <summary>The guest reads; what is not filled in reads as ones.</summary>
    /// <param name="offset">Ports above the lowest.</param>
    /// <param name="data">1, 2 or 4 bytes.</param>
    void Read(int offset, Span<byte> data);
}
