using KvmSharp.Backends;

namespace KvmSharp.Hardware.Abi;

/// <summary>The requests of <c>/dev/kvm</c>, grouped by the descriptor that takes them. Nothing but these.</summary>
static class Requests
{
    // The system: /dev/kvm itself.
    internal static readonly Request KVM_GET_API_VERSION = Request.Plain(0x00, nameof(KVM_GET_API_VERSION));
    internal static readonly Request KVM_CREATE_VM = Request.Plain(0x01, nameof(KVM_CREATE_VM));
    internal static readonly Request KVM_GET_MSR_INDEX_LIST = Request.ReadWrite<uint>(0x02, nameof(KVM_GET_MSR_INDEX_LIST));
    internal static readonly Request KVM_CHECK_EXTENSION = Request.Plain(0x03, nameof(KVM_CHECK_EXTENSION));
    internal static readonly Request KVM_GET_VCPU_MMAP_SIZE = Request.Plain(0x04, nameof(KVM_GET_VCPU_MMAP_SIZE));
    internal static readonly Request KVM_GET_SUPPORTED_CPUID =
        Request.ReadWrite<kvm_cpuid2>(0x05, nameof(KVM_GET_SUPPORTED_CPUID));

    // A machine.
    internal static readonly Request KVM_CREATE_VCPU = Request.Plain(0x41, nameof(KVM_CREATE_VCPU));
    internal static readonly Request KVM_GET_DIRTY_LOG = Request.Write<kvm_dirty_log>(0x42, nameof(KVM_GET_DIRTY_LOG));
    internal static readonly Request KVM_SET_NR_MMU_PAGES = Request.Plain(0x44, nameof(KVM_SET_NR_MMU_PAGES));
    internal static readonly Request KVM_SET_USER_MEMORY_REGION =
        Request.Write<kvm_userspace_memory_region>(0x46, nameof(KVM_SET_USER_MEMORY_REGION));
    internal static readonly Request KVM_SET_TSS_ADDR = Request.Plain(0x47, nameof(KVM_SET_TSS_ADDR));
    internal static readonly Request KVM_SET_IDENTITY_MAP_ADDR = Request.Write<ulong>(0x48, nameof(KVM_SET_IDENTITY_MAP_ADDR));
    internal static readonly Request KVM_SET_USER_MEMORY_REGION2 =
        Request.Write<kvm_userspace_memory_region2>(0x49, nameof(KVM_SET_USER_MEMORY_REGION2));
    internal static readonly Request KVM_CREATE_IRQCHIP = Request.Plain(0x60, nameof(KVM_CREATE_IRQCHIP));
    internal static readonly Request KVM_IRQ_LINE = Request.Write<kvm_irq_level>(0x61, nameof(KVM_IRQ_LINE));
    internal static readonly Request KVM_GET_IRQCHIP = Request.ReadWrite<kvm_irqchip>(0x62, nameof(KVM_GET_IRQCHIP));
    // Its direction is the wrong one in the kernel's header.
    internal static readonly Request KVM_SET_IRQCHIP = Request.Read<kvm_irqchip>(0x63, nameof(KVM_SET_IRQCHIP));
    internal static readonly Request KVM_REGISTER_COALESCED_MMIO =
        Request.Write<kvm_coalesced_mmio_zone>(0x67, nameof(KVM_REGISTER_COALESCED_MMIO));
    internal static readonly Request KVM_UNREGISTER_COALESCED_MMIO =
        Request.Write<kvm_coalesced_mmio_zone>(0x68, nameof(KVM_UNREGISTER_COALESCED_MMIO));
    internal static readonly Request KVM_SET_GSI_ROUTING = Request.Write<kvm_irq_routing>(0x6a, nameof(KVM_SET_GSI_ROUTING));
    internal static readonly Request KVM_IRQFD = Request.Write<kvm_irqfd>(0x76, nameof(KVM_IRQFD));
    internal static readonly Request KVM_SET_BOOT_CPU_ID = Request.Plain(0x78, nameof(KVM_SET_BOOT_CPU_ID));
    internal static readonly Request KVM_IOEVENTFD = Request.Write<kvm_ioeventfd>(0x79, nameof(KVM_IOEVENTFD));
    internal static readonly Request KVM_ENABLE_CAP = Request.Write<kvm_enable_cap>(0xa3, nameof(KVM_ENABLE_CAP));
    internal static readonly Request KVM_SIGNAL_MSI = Request.Write<kvm_msi>(0xa5, nameof(KVM_SIGNAL_MSI));
    internal static readonly Request KVM_CLEAR_DIRTY_LOG =
        Request.ReadWrite<kvm_clear_dirty_log>(0xc0, nameof(KVM_CLEAR_DIRTY_LOG));
    internal static readonly Request KVM_RESET_DIRTY_RINGS = Request.Plain(0xc7, nameof(KVM_RESET_DIRTY_RINGS));
    internal static readonly Request KVM_CREATE_GUEST_MEMFD =
        Request.ReadWrite<kvm_create_guest_memfd>(0xd4, nameof(KVM_CREATE_GUEST_MEMFD));

    // A vCPU.
    internal static readonly Request KVM_RUN = Request.Plain(0x80, nameof(KVM_RUN));
    internal static readonly Request KVM_GET_REGS = Request.Read<KvmRegs>(0x81, nameof(KVM_GET_REGS));
    internal static readonly Request KVM_SET_REGS = Request.Write<KvmRegs>(0x82, nameof(KVM_SET_REGS));
    internal static readonly Request KVM_GET_SREGS = Request.Read<KvmSregs>(0x83, nameof(KVM_GET_SREGS));
    internal static readonly Request KVM_SET_SREGS = Request.Write<KvmSregs>(0x84, nameof(KVM_SET_SREGS));
    internal static readonly Request KVM_INTERRUPT = Request.Write<uint>(0x86, nameof(KVM_INTERRUPT));
    internal static readonly Request KVM_GET_MSRS = Request.ReadWrite<kvm_msrs>(0x88, nameof(KVM_GET_MSRS));
    internal static readonly Request KVM_SET_MSRS = Request.Write<kvm_msrs>(0x89, nameof(KVM_SET_MSRS));
    internal static readonly Request KVM_SET_SIGNAL_MASK = Request.Write<uint>(0x8b, nameof(KVM_SET_SIGNAL_MASK));
    internal static readonly Request KVM_GET_FPU = Request.Read<KvmFpu>(0x8c, nameof(KVM_GET_FPU));
    internal static readonly Request KVM_SET_FPU = Request.Write<KvmFpu>(0x8d, nameof(KVM_SET_FPU));
    internal static readonly Request KVM_GET_LAPIC = Request.Read<kvm_lapic_state>(0x8e, nameof(KVM_GET_LAPIC));
    internal static readonly Request KVM_SET_LAPIC = Request.Write<kvm_lapic_state>(0x8f, nameof(KVM_SET_LAPIC));
    internal static readonly Request KVM_SET_CPUID2 = Request.Write<kvm_cpuid2>(0x90, nameof(KVM_SET_CPUID2));
    internal static readonly Request KVM_GET_CPUID2 = Request.ReadWrite<kvm_cpuid2>(0x91, nameof(KVM_GET_CPUID2));
    internal static readonly Request KVM_GET_MP_STATE = Request.Read<uint>(0x98, nameof(KVM_GET_MP_STATE));
    internal static readonly Request KVM_SET_MP_STATE = Request.Write<uint>(0x99, nameof(KVM_SET_MP_STATE));
    internal static readonly Request KVM_NMI = Request.Plain(0x9a, nameof(KVM_NMI));
    internal static readonly Request KVM_SET_GUEST_DEBUG = Request.Write<KvmGuestDebug>(0x9b, nameof(KVM_SET_GUEST_DEBUG));
    internal static readonly Request KVM_GET_VCPU_EVENTS = Request.Read<KvmVcpuEvents>(0x9f, nameof(KVM_GET_VCPU_EVENTS));
    internal static readonly Request KVM_SET_VCPU_EVENTS = Request.Write<KvmVcpuEvents>(0xa0, nameof(KVM_SET_VCPU_EVENTS));
    internal static readonly Request KVM_GET_DEBUGREGS = Request.Read<KvmDebugRegs>(0xa1, nameof(KVM_GET_DEBUGREGS));
    internal static readonly Request KVM_SET_DEBUGREGS = Request.Write<KvmDebugRegs>(0xa2, nameof(KVM_SET_DEBUGREGS));
    internal static readonly Request KVM_SET_TSC_KHZ = Request.Plain(0xa2, nameof(KVM_SET_TSC_KHZ));
    internal static readonly Request KVM_GET_TSC_KHZ = Request.Plain(0xa3, nameof(KVM_GET_TSC_KHZ));
    internal static readonly Request KVM_GET_XSAVE = Request.Read<kvm_xsave>(0xa4, nameof(KVM_GET_XSAVE));
    internal static readonly Request KVM_SET_XSAVE = Request.Write<kvm_xsave>(0xa5, nameof(KVM_SET_XSAVE));
    internal static readonly Request KVM_GET_XCRS = Request.Read<kvm_xcrs>(0xa6, nameof(KVM_GET_XCRS));
    internal static readonly Request KVM_SET_XCRS = Request.Write<kvm_xcrs>(0xa7, nameof(KVM_SET_XCRS));
    internal static readonly Request KVM_GET_XSAVE2 = Request.Read<kvm_xsave>(0xcf, nameof(KVM_GET_XSAVE2));
}
