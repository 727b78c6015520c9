using System;
using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>What a user reads where there is no <c>/dev/kvm</c>, or not for him.</summary>
public sealed class ObstacleTests
{
    [Fact]
    public void A_device_that_is_not_there_is_told()
    {
        var backend = new HardwareBackend("/nonexistent/kvm");

        Assert.False(backend.IsAvailable(out string? reason));
        Assert.StartsWith("open: ENOENT: /nonexistent/kvm: there is no such device", reason, StringComparison.Ordinal);
        Assert.Equal(KvmErrno.ENOENT, Assert.Throws<KvmException>(() => backend.CreateMachine()).Errno);
        Assert.Equal(KvmErrno.ENOENT, Assert.Throws<KvmException>(() => backend.GetSupportedCpuid()).Errno);
    }

    [Fact]
    public void A_device_that_is_another_is_told()
    {
        var backend = new HardwareBackend("/dev/null");

        Assert.False(backend.IsAvailable(out string? reason));
        Assert.StartsWith("KVM_GET_API_VERSION: ENOTTY: /dev/null is not a KVM device", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(KvmErrno.EACCES, "add the user to the group")]
    [InlineData(KvmErrno.ENODEV, "load kvm_intel or kvm_amd")]
    [InlineData(KvmErrno.EMFILE, "ulimit -n")]
    public void Each_obstacle_comes_with_its_remedy(KvmErrno errno, string remedy) =>
        Assert.Contains(remedy, DeviceObstacles.Explain(errno), StringComparison.Ordinal);

    [KvmFact]
    public void A_mirror_besides_the_kernel_is_refused()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        var options = new VirtualMachineOptions { SlotMirror = machine };

        Assert.Throws<ArgumentException>(() => new HardwareBackend().CreateMachine(options));
    }
}
