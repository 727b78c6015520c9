namespace KvmSharp.Hardware;

/// <summary>What stands between a user and <c>/dev/kvm</c>, and what to do about it.</summary>
static class DeviceObstacles
{
    internal static string Explain(KvmErrno errno) => errno switch
    {
        KvmErrno.ENOENT =>
            "there is no such device: switch virtualization on in the firmware or nested in the outer hypervisor, load "
            + "kvm_intel or kvm_amd, and give a container the device",
        KvmErrno.EACCES or KvmErrno.EPERM =>
            "no permission: add the user to the group that owns the device, mostly \"kvm\", and log in again",
        KvmErrno.ENODEV or KvmErrno.ENXIO =>
            "the device is there and no module answers: load kvm_intel or kvm_amd",
        KvmErrno.EBUSY => "another hypervisor has the processor's virtualization",
        KvmErrno.EMFILE => "the process has no descriptors left: raise its limit (ulimit -n) or close some",
        KvmErrno.ENFILE => "the host has no descriptors left: raise fs.file-max or close some",
        KvmErrno.ENOMEM => "the host has not enough memory",
        KvmErrno.ENOTTY => "this is not a KVM device",
        _ => "the host refuses",
    };
}
