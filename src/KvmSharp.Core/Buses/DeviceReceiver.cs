using System;

namespace KvmSharp.Buses;

/// <summary>A device inside the machine: it takes writes, and answers reads.</summary>
abstract class DeviceReceiver(ulong address, int length) : BusReceiver(address, length)
{
    /// <summary>Answers a read. Inside a read section; called on a vCPU's thread.</summary>
    /// <param name="at">Where.</param>
    /// <param name="data">1 … 8 bytes to fill.</param>
    /// <returns><see langword="false"/> when it is not for this one.</returns>
    internal abstract bool TryAnswer(ulong at, Span<byte> data);
}
