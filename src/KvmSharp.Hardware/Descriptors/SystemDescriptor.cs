using System.Runtime.Versioning;
using KvmSharp.Backends;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Native;

namespace KvmSharp.Hardware;

/// <summary><c>/dev/kvm</c> itself: what the host offers, and new machines.</summary>
/// <remarks>Thread-safe.</remarks>
[SupportedOSPlatform("linux")]
sealed class SystemDescriptor : KvmDescriptor, ISystemAnswers
{
    internal const string DefaultPath = "/dev/kvm";

    SystemDescriptor(int descriptor)
        : base(descriptor)
    {
    }

    /// <summary>Opens the device.</summary>
    internal static KvmErrno TryOpen(string path, out SystemDescriptor? system)
    {
        int descriptor = LibC.open(path, LibC.O_RDWR | LibC.O_CLOEXEC);
        if (descriptor < 0)
        {
            system = null;
            return Call.LastErrno();
        }
        system = new SystemDescriptor(descriptor);
        return KvmErrno.None;
    }

    public KvmErrno TryGetApiVersion(out int version) => Call.Try(this, Requests.KVM_GET_API_VERSION, 0, out version);

    /// <inheritdoc/>
    public int Check(KvmCapability capability) =>
        Call.Try(this, Requests.KVM_CHECK_EXTENSION, (nuint)capability, out int value) == KvmErrno.None ? value : 0;

    internal int GetVcpuMmapSize()
    {
        KvmErrno errno = Call.Try(this, Requests.KVM_GET_VCPU_MMAP_SIZE, 0, out int size);
        return errno == KvmErrno.None ? size : throw Call.Refused(Requests.KVM_GET_VCPU_MMAP_SIZE, errno, "no size");
    }

    internal KvmErrno TryCreateVm(uint type, out VmDescriptor? vm)
    {
        KvmErrno errno = Call.Try(this, Requests.KVM_CREATE_VM, type, out int descriptor);
        vm = errno == KvmErrno.None ? new VmDescriptor(descriptor) : null;
        return errno;
    }

    internal KvmCpuidEntry[] GetSupportedCpuid() =>
        Listing.Fetch<KvmCpuidEntry>(this, Requests.KVM_GET_SUPPORTED_CPUID, headBytes: 8, "no list");

    internal uint[] GetMsrIndices() => Listing.Fetch<uint>(this, Requests.KVM_GET_MSR_INDEX_LIST, headBytes: 4, "no list");
}
