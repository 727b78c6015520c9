using KvmSharp.Backends;

namespace KvmSharp.Hardware;

/// <summary>What the backend cannot do without.</summary>
static class KernelRequirements
{
    /// <summary>The one version of the interface there has been since 2007.</summary>
    internal const int ApiVersion = 12;

    // With the first kernel that has it.
    static readonly (KvmCapability Capability, string Name, string Since)[] _needed =
    [
        (KvmCapability.UserMemory, "KVM_CAP_USER_MEMORY", "2.6.23"),
        (KvmCapability.ImmediateExit, "KVM_CAP_IMMEDIATE_EXIT", "4.11"),
    ];

    /// <summary>Makes sure that the kernel has all of it.</summary>
    /// <param name="path">The device, for the message.</param>
    /// <param name="system">The kernel's answers.</param>
    /// <exception cref="KvmException">It has not, or the device is none of KVM's.</exception>
    internal static void Require(string path, ISystemAnswers system)
    {
        KvmErrno errno = system.TryGetApiVersion(out int version);
        if (errno != KvmErrno.None)
            throw new KvmException("KVM_GET_API_VERSION", errno, $"{path} is not a KVM device");
        if (version != ApiVersion)
        {
            throw new KvmException(
                "KVM_GET_API_VERSION", KvmErrno.EINVAL,
                $"{path} speaks version {version}, not {ApiVersion}: use a kernel from 2.6.22 on");
        }
        foreach ((KvmCapability capability, string name, string since) in _needed)
        {
            if (system.Check(capability) <= 0)
                throw new KvmException("KVM_CHECK_EXTENSION", KvmErrno.EINVAL, $"{path} lacks {name}: use a kernel from {since} on");
        }
    }
}
