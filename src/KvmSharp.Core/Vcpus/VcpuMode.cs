namespace KvmSharp.Vcpus;

/// <summary>Where a vCPU is, as KVM's request protocol sees it.</summary>
public enum VcpuMode
{
    /// <summary>It uses no translation; it will look at its requests before it enters the guest.</summary>
    OutsideGuestMode = 0,

    /// <summary>It may be using any translation it has found.</summary>
    InGuestMode = 1,

    /// <summary>It is in guest mode and has been told to leave.</summary>
    ExitingGuestMode = 2,
}
