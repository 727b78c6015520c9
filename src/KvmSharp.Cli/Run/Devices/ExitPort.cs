using System;

namespace KvmSharp.Cli.Run.Devices;

/// <summary>
/// Ends the machine with an exit code of the guest's choice: the byte that it writes. Where QEMU's isa-debug-exit lies,
/// which doubles the byte and adds one.
/// </summary>
sealed class ExitPort(Action<int> exit) : IPortDevice
{
    public ushort FirstPort => 0xf4;

    public int PortCount => 1;

    public void Write(int offset, ReadOnlySpan<byte> data) => exit(data[0]);

    public void Read(int offset, Span<byte> data) => data.Clear();
}
