namespace KvmSharp.Vcpus;

/// <summary>Why a guest access did not end in memory.</summary>
public enum GuestAccessKind
{
    /// <summary>It did end in memory.</summary>
    None = 0,

    /// <summary>No slot is there, or the slot is read-only: the access belongs to a device.</summary>
    Mmio,

    /// <summary>There is a slot, but its host memory may not be touched so (KVM: <c>EFAULT</c>).</summary>
    HostFault,

    /// <summary>An atomic operation on an address that is not a multiple of its size.</summary>
    Misaligned,

    /// <summary>The machine is dead (KVM: <c>EIO</c>).</summary>
    MachineDead,

    /// <summary>
    /// The write cannot be recorded: the vCPU's dirty ring is full to the last entry, because its owner went on without
    /// looking at <see cref="Vcpu.NeedsExit"/>. Nothing was written. Harvest, reset, and repeat the access. (KVM overwrites
    /// an entry that nobody has seen.)
    /// </summary>
    DirtyRingFull,
}
