namespace KvmSharp.Backends;

/// <summary>
/// What a machine may or may not offer, by KVM's names and numbers (<c>KVM_CAP_…</c>). Any other number may be asked for
/// too: <c>(KvmCapability)201</c>.
/// </summary>
public enum KvmCapability
{
    /// <summary>An interrupt controller inside the backend.</summary>
    Irqchip = 0,

    /// <summary>Memory slots whose memory is the user's.</summary>
    UserMemory = 3,

    /// <summary>The place of the task state that real mode on VMX needs.</summary>
    SetTssAddress = 4,

    /// <summary>CPUID by leaf and index.</summary>
    ExtendedCpuid = 7,

    /// <summary>vCPUs a machine should not exceed.</summary>
    NrVcpus = 9,

    /// <summary>Memory slots in each address space.</summary>
    NrMemslots = 10,

    /// <summary>The multiprocessing state.</summary>
    MpState = 14,

    /// <summary>Writes to devices that are collected instead of left for one by one; the page of the ring.</summary>
    CoalescedMmio = 15,

    /// <summary>Non-maskable interrupts.</summary>
    UserNmi = 22,

    /// <summary>Guest debugging.</summary>
    SetGuestDebug = 23,

    /// <summary>Routes from interrupt lines.</summary>
    IrqRouting = 25,

    /// <summary>Interrupts by event descriptors.</summary>
    Irqfd = 32,

    /// <summary>Events by writes to ports and addresses.</summary>
    Ioeventfd = 36,

    /// <summary>Pending events.</summary>
    VcpuEvents = 41,

    /// <summary>The Hyper-V interface.</summary>
    HyperV = 44,

    /// <summary>The debug registers.</summary>
    DebugRegs = 50,

    /// <summary>Capabilities of a vCPU that are switched on.</summary>
    EnableCap = 54,

    /// <summary>The XSAVE image.</summary>
    Xsave = 55,

    /// <summary>The XCR registers.</summary>
    Xcrs = 56,

    /// <summary>A choice of TSC frequency.</summary>
    TscControl = 60,

    /// <summary>The TSC frequency.</summary>
    GetTscKhz = 61,

    /// <summary>vCPUs at most.</summary>
    MaxVcpus = 66,

    /// <summary>Message-signalled interrupts.</summary>
    SignalMsi = 77,

    /// <summary>Read-only slots.</summary>
    ReadOnlyMemory = 81,

    /// <summary>Interrupts by event descriptors that stay until the guest has ended them.</summary>
    IrqfdResample = 82,

    /// <summary>Capabilities of a machine that are switched on.</summary>
    EnableCapVm = 98,

    /// <summary>Address spaces; 0 and 1 both mean one.</summary>
    MultiAddressSpace = 118,

    /// <summary>vCPU ids lie below this; can be lowered.</summary>
    MaxVcpuId = 128,

    /// <summary>A run that returns at once.</summary>
    ImmediateExit = 136,

    /// <summary>VP indices that the host may change.</summary>
    HyperVVpIndex = 149,

    /// <summary>Hyper-V calls that flush the TLBs of other processors.</summary>
    HyperVTlbFlush = 155,

    /// <summary>Hyper-V calls that send interrupts to other processors.</summary>
    HyperVSendIpi = 161,

    /// <summary>The same for ports.</summary>
    CoalescedPio = 162,

    /// <summary>Exceptions with their payload.</summary>
    ExceptionPayload = 164,

    /// <summary>A dirty log that is read and cleared in two calls; the flags.</summary>
    ManualDirtyLogProtect = 168,

    /// <summary>Dirty rings; their greatest size in bytes.</summary>
    DirtyLogRing = 192,

    /// <summary>Hypercalls that leave the guest; which.</summary>
    ExitHypercall = 201,

    /// <summary>The size of the XSAVE image in bytes.</summary>
    Xsave2 = 208,

    /// <summary>A triple fault as a pending event.</summary>
    X86TripleFaultEvent = 218,

    /// <summary>Dirty rings, for hosts whose memory order is weak; their greatest size in bytes.</summary>
    DirtyLogRingAcqRel = 223,

    /// <summary>Memory slots with a second descriptor.</summary>
    UserMemory2 = 231,

    /// <summary>Where a memory fault lies.</summary>
    MemoryFaultInfo = 232,

    /// <summary>Private memory.</summary>
    MemoryAttributes = 233,

    /// <summary>Memory that only the guest maps.</summary>
    GuestMemfd = 234,

    /// <summary>Flags of such memory.</summary>
    GuestMemfdFlags = 244,
}
