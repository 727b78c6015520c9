namespace KvmSharp.Cli.Conform.Machines;

/// <summary>Calls that only the kernel's machine has. Descriptors go by the names that files give them.</summary>
interface IKernelCalls
{
    KvmErrno CreateIrqchip();

    KvmErrno CreateMemfd(string name, ulong size, ulong flags);

    void CloseMemfd(string name);

    /// <summary><c>KVM_SET_USER_MEMORY_REGION2</c>.</summary>
    KvmErrno SetSlot2(uint word, uint flags, ulong gpa, ulong size, ulong hva, string? descriptor, ulong offset);

    /// <summary>A request that is to fail, to the machine or to a vCPU.</summary>
    KvmErrno TryAt(uint? vcpu, uint number, uint address);
}
