using System;

namespace KvmSharp.Buses;

/// <summary>Takes guest writes in a range of a bus, or leaves them.</summary>
/// <param name="address">The first address.</param>
/// <param name="length">
/// Bytes, as KVM counts them: 0 stands for the address alone, whatever the length of the write; below zero for none.
/// </param>
abstract class BusReceiver(ulong address, int length)
{
    internal ulong Address => address;

    internal int Length => length;

    /// <summary>Takes a write, and is done with it. Inside a read section; called on a vCPU's thread.</summary>
    /// <param name="at">Where.</param>
    /// <param name="data">1 … 8 bytes.</param>
    /// <returns><see langword="false"/> when it is not for this one.</returns>
    internal abstract bool TryTake(ulong at, ReadOnlySpan<byte> data);
}
