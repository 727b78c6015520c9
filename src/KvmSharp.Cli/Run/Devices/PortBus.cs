using System;
using System.Collections.Generic;
using KvmSharp.Backends;

namespace KvmSharp.Cli.Run.Devices;

/// <summary>Takes accesses to ports to the devices behind them. Where there is none, reads find ones.</summary>
sealed class PortBus(IReadOnlyList<IPortDevice> devices)
{
    /// <summary>Does what the guest wants of a port: every item of a string instruction.</summary>
    internal void Serve(in VcpuExit exit)
    {
        IoExit io = exit.Io;
        IPortDevice? device = Find(io.Port);
        for (int item = 0; item < io.Count; item++)
        {
            Span<byte> data = exit.Data.Slice(item * io.Size, io.Size);
            if (io.Direction == IoDirection.Out)
            {
                device?.Write(io.Port - device.FirstPort, data);
                continue;
            }
            data.Fill(byte.MaxValue);
            device?.Read(io.Port - device.FirstPort, data);
        }
    }

    IPortDevice? Find(ushort port)
    {
        foreach (IPortDevice device in devices)
        {
            if (port >= device.FirstPort && port - device.FirstPort < device.PortCount)
                return device;
        }
        return null;
    }
}
