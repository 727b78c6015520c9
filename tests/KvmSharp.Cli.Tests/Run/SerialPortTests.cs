using System;
using System.IO;
using System.Threading;
using KvmSharp.Cli.Run.Devices;
using Xunit;

namespace KvmSharp.Cli.Tests.Run;

public sealed class SerialPortTests : IDisposable
{
    const int Data = 0;
    const int InterruptEnable = 1;
    const int LineControl = 3;
    const int ModemControl = 4;
    const int LineStatus = 5;
    const int ModemStatus = 6;
    const int Scratch = 7;

    readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void What_is_sent_appears_as_text()
    {
        SerialPort port = new(_output, input: null);

        foreach (byte value in "caf\u00e9"u8)
            port.Write(Data, [value]);

        Assert.Equal("caf\u00e9", _output.ToString());
    }

    [Fact]
    public void The_transmitter_is_always_ready_and_nothing_is_received()
    {
        SerialPort port = new(_output, input: null);

        Assert.Equal(0x60, Read(port, LineStatus));
        Assert.Equal(0, Read(port, Data));
    }

    [Fact]
    public void What_is_typed_is_read_in_order()
    {
        SerialPort port = new(_output, new MemoryStream("ok"u8.ToArray()));

        Assert.True(SpinWait.SpinUntil(() => (Read(port, LineStatus) & 1) != 0, millisecondsTimeout: 10_000));
        Assert.Equal((byte)'o', Read(port, Data));
        Assert.True(SpinWait.SpinUntil(() => (Read(port, LineStatus) & 1) != 0, millisecondsTimeout: 10_000));
        Assert.Equal((byte)'k', Read(port, Data));
        Assert.Equal(0, Read(port, LineStatus) & 1);
    }

    [Fact]
    public void The_divisor_lies_behind_its_latch()
    {
        SerialPort port = new(_output, input: null);
        port.Write(InterruptEnable, [0x05]);

        port.Write(LineControl, [0x83]);
        port.Write(Data, [0x0c]);
        port.Write(InterruptEnable, [0x01]);

        Assert.Equal(0x0c, Read(port, Data));
        Assert.Equal(0x01, Read(port, InterruptEnable));
        port.Write(LineControl, [0x03]);
        Assert.Equal(0x05, Read(port, InterruptEnable));
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData(0x11, 0x20)]
    [InlineData(0x12, 0x10)]
    [InlineData(0x14, 0x40)]
    [InlineData(0x18, 0x80)]
    public void In_loopback_outputs_are_inputs_and_nothing_is_sent(byte control, byte status)
    {
        SerialPort port = new(_output, input: null);

        port.Write(ModemControl, [control]);
        port.Write(Data, [0xae]);

        Assert.Equal(status, Read(port, ModemStatus));
        Assert.Equal(0x61, Read(port, LineStatus));
        Assert.Equal(0xae, Read(port, Data));
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public void A_wide_access_goes_to_the_registers_that_follow()
    {
        SerialPort port = new(_output, input: null);

        port.Write(Scratch - 1, [0xff, 0x42]);
        byte[] read = [0xee, 0xee];
        port.Read(Scratch, read);

        Assert.Equal(0x42, read[0]);
        Assert.Equal(0xee, read[1]);
    }

    static byte Read(SerialPort port, int register)
    {
        byte[] value = new byte[1];
        port.Read(register, value);
        return value[0];
    }
}
