using KvmSharp.Addresses;
using KvmSharp.Backends;
using Xunit;

namespace KvmSharp.Tests.Backends;

public sealed class VcpuExitTests
{
    [Fact]
    public void A_port_access_comes_back_as_it_was_put_in()
    {
        byte[] data = [0x41, 0x42];
        var io = new IoExit(IoDirection.Out, 1, 0x3f8, 2);

        VcpuExit exit = VcpuExit.OfIo(io, data);

        Assert.Equal(VcpuExitReason.Io, exit.Reason);
        Assert.Equal(io, exit.Io);
        Assert.Equal("Io Out 0x3f8 1×2 4142", exit.ToString());
    }

    [Fact]
    public void What_is_filled_in_reaches_whoever_lent_the_bytes()
    {
        byte[] data = new byte[4];
        VcpuExit exit = VcpuExit.OfMmio(new MmioExit(new Gpa(0xfee0_0020), 4, IsWrite: false), data);

        exit.Data[3] = 0x5a;

        Assert.Equal([0, 0, 0, 0x5a], data);
        Assert.Equal(new MmioExit(new Gpa(0xfee0_0020), 4, false), exit.Mmio);
    }

    [Fact]
    public void A_hypercall_keeps_all_six_arguments()
    {
        var call = new HypercallExit(12, new HypercallArguments(1, 2, 3, 4, 5, ulong.MaxValue), IsLongMode: true);

        VcpuExit exit = VcpuExit.OfHypercall(call, new byte[8]);

        Assert.Equal(call, exit.Hypercall);
    }

    [Fact]
    public void The_other_views_come_back_as_they_were_put_in()
    {
        var debug = new DebugExit(1, 0x7c00, 0xffff_4ff0, 0x400);
        var fault = new MemoryFaultExit(8, new Gpa(0x10_0000), 0x1000);
        var fail = new FailEntryExit(0x8000_0021, 3);

        Assert.Equal(debug, VcpuExit.OfDebug(debug).Debug);
        Assert.Equal(fault, VcpuExit.OfMemoryFault(fault).MemoryFault);
        Assert.Equal(fail, VcpuExit.OfFailEntry(fail).FailEntry);
        Assert.Equal(SystemEventKind.Reset, VcpuExit.OfSystemEvent(SystemEventKind.Reset).SystemEvent.Kind);
        Assert.Equal(0x4eUL, VcpuExit.OfUnknown(0x4e).HardwareReason);
        Assert.Equal([0x0f, 0x0b], VcpuExit.OfInternalError(InternalErrorKind.Emulation, new byte[] { 0x0f, 0x0b }).Data.ToArray());
    }

    [Fact]
    public void A_reason_without_a_name_keeps_its_number() =>
        Assert.Equal("36", new VcpuExit((VcpuExitReason)36).ToString());
}
