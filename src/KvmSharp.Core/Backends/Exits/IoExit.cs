using System.Globalization;

namespace KvmSharp.Backends;

/// <summary>An access to a port.</summary>
/// <param name="Direction">Which way.</param>
/// <param name="Size">Bytes of each item: 1, 2 or 4.</param>
/// <param name="Port">The port.</param>
/// <param name="Count">Items, one after another in the data; more than one only of a string instruction.</param>
public readonly record struct IoExit(IoDirection Direction, int Size, ushort Port, int Count)
{
    /// <summary>Which way, the port in hex, and how much.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Direction} 0x{Port:x} {Size}×{Count}");
}

/// <summary>Which way data goes between guest and port.</summary>
public enum IoDirection
{
    /// <summary>IN: the guest waits for data.</summary>
    In = 0,

    /// <summary>OUT: the guest gave data.</summary>
    Out = 1,
}
