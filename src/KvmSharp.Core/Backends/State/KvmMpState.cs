namespace KvmSharp.Backends;

/// <summary>Whether a vCPU runs: <c>KVM_MP_STATE_…</c>.</summary>
public enum KvmMpState
{
    /// <summary>It runs guest code.</summary>
    Runnable = 0,

    /// <summary>It waits for INIT.</summary>
    Uninitialized = 1,

    /// <summary>It has had INIT and waits for a start-up message.</summary>
    InitReceived = 2,

    /// <summary>It has executed HLT and waits for an interrupt.</summary>
    Halted = 3,

    /// <summary>It has had a start-up message.</summary>
    SipiReceived = 4,
}
