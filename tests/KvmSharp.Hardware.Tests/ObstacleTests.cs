using System;
using KvmSharp.Backends;
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

    // Files of sysfs that can only be read refuse even root.
    [Fact]
    public void A_device_that_is_not_for_this_user_is_told()
    {
        const string ReadOnly = "/sys/devices/system/cpu/online";
        var backend = new HardwareBackend(ReadOnly);

        Assert.False(backend.IsAvailable(out string? reason));
        // A container may have all of sysfs mounted for reading.
        if (!reason.StartsWith("open: 30", StringComparison.Ordinal))
            Assert.StartsWith($"open: EACCES: {ReadOnly}: no permission: add the user to the group", reason, StringComparison.Ordinal);
        Assert.Throws<KvmException>(() => backend.CreateMachine());
    }

    [Theory]
    [InlineData(KvmErrno.None, 11, null, "KVM_GET_API_VERSION: EINVAL: /dev/x speaks version 11, not 12: use a kernel from 2.6.22 on")]
    [InlineData(KvmErrno.ENOTTY, 0, null, "KVM_GET_API_VERSION: ENOTTY: /dev/x is not a KVM device")]
    [InlineData(
        KvmErrno.None, 12, KvmCapability.ImmediateExit,
        "KVM_CHECK_EXTENSION: EINVAL: /dev/x lacks KVM_CAP_IMMEDIATE_EXIT: use a kernel from 4.11 on")]
    [InlineData(
        KvmErrno.None, 12, KvmCapability.UserMemory,
        "KVM_CHECK_EXTENSION: EINVAL: /dev/x lacks KVM_CAP_USER_MEMORY: use a kernel from 2.6.23 on")]
    public void A_kernel_that_is_too_old_is_told(KvmErrno errno, int version, KvmCapability? lacking, string message)
    {
        var kernel = new ClaimedKernel(errno, version, lacking);

        KvmException exception = Assert.Throws<KvmException>(() => KernelRequirements.Require("/dev/x", kernel));

        Assert.Equal(message, exception.Message);
    }

    [Fact]
    public void A_kernel_with_all_that_is_needed_will_do() =>
        KernelRequirements.Require("/dev/x", new ClaimedKernel(KvmErrno.None, KernelRequirements.ApiVersion, null));

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

    sealed class ClaimedKernel(KvmErrno errno, int version, KvmCapability? lacking) : ISystemAnswers
    {
        public KvmErrno TryGetApiVersion(out int answer)
        {
            answer = version;
            return errno;
        }

        public int Check(KvmCapability capability) => capability == lacking ? 0 : 1;
    }
}
