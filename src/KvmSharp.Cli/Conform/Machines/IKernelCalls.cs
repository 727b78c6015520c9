namespace KvmSharp.Cli.Conform.Machines;

/// <summary>Calls that only the kernel's machine has. Descriptors go by the names that files give them.</summary>
interface IKernelCalls
{
    void CreateEvent(string name);

    /// <summary>The count of an event, which is zero afterwards.</summary>
    ulong TakeEvent(string name);

    KvmErrno SetIoevent(ulong address, uint length, string descriptor, uint flags, ulong data);

    KvmErrno CreateIrqchip();

    KvmErrno SetIrqfd(string descriptor, uint gsi, uint flags);

    KvmErrno SetCoalesced(ulong address, uint size, uint pio, bool remove);

    /// <summary>Writes that were collected and wait; −1 when there is no vCPU to see them through.</summary>
    int CountCoalesced();

    /// <summary>Takes the oldest collected write.</summary>
    /// <returns>It in words, or nothing.</returns>
    string? TakeCoalesced();

    KvmErrno CreateMemfd(string name, ulong size, ulong flags);

    void CloseMemfd(string name);

    /// <summary><c>KVM_SET_USER_MEMORY_REGION2</c>.</summary>
    KvmErrno SetSlot2(uint word, uint flags, ulong gpa, ulong size, ulong hva, string? descriptor, ulong offset);

    /// <summary>A request that is to fail, to the machine or to a vCPU.</summary>
    KvmErrno TryAt(uint? vcpu, uint number, uint address);
}
