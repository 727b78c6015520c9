namespace KvmSharp.Cli.Conform.Machines;

/// <summary>Calls that only the kernel's machine has. Descriptors go by the names that files give them.</summary>
interface IKernelCalls
{
    KvmErrno CreateIrqchip();

    /// <summary><c>KVM_CREATE_GUEST_MEMFD</c>.</summary>
    /// <param name="name">The name to give it.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="flags">Flags.</param>
    /// <param name="isForeign">Whether it is to be another machine's.</param>
    KvmErrno CreateMemfd(string name, ulong size, ulong flags, bool isForeign);

    void CloseMemfd(string name);

    /// <summary><c>KVM_SET_USER_MEMORY_REGION2</c>.</summary>
    KvmErrno SetSlot2(uint word, uint flags, ulong gpa, ulong size, ulong hva, string? descriptor, ulong offset);

    /// <summary>A request that is to fail, to the machine or to a vCPU.</summary>
    KvmErrno TryAt(uint? vcpu, uint number, uint address);
}
