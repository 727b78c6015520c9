using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Runtime.InteropServices;
using KvmSharp.Hardware.Abi;
using Xunit;

namespace KvmSharp.Hardware.Tests.Abi;

/// <summary>Structures have the kernel's sizes and offsets, as literal numbers.</summary>
[SuppressMessage("ApiDesign", "RS0030", Justification = "It asks for layouts and touches no memory.")]
public sealed class StructureTests
{
    [Theory]
    [InlineData(nameof(kvm_userspace_memory_region), 32)]
    [InlineData(nameof(kvm_userspace_memory_region2), 160)]
    [InlineData(nameof(kvm_create_guest_memfd), 64)]
    [InlineData(nameof(kvm_dirty_log), 16)]
    [InlineData(nameof(kvm_clear_dirty_log), 24)]
    [InlineData(nameof(kvm_dirty_gfn), 16)]
    [InlineData(nameof(kvm_enable_cap), 104)]
    [InlineData(nameof(kvm_ioeventfd), 64)]
    [InlineData(nameof(kvm_irqfd), 32)]
    [InlineData(nameof(kvm_irqchip), 520)]
    [InlineData(nameof(kvm_lapic_state), 1024)]
    [InlineData(nameof(kvm_msi), 32)]
    [InlineData(nameof(kvm_irq_routing), 8)]
    [InlineData(nameof(kvm_irq_routing_entry), 48)]
    [InlineData(nameof(kvm_irq_level), 8)]
    [InlineData(nameof(kvm_coalesced_mmio_zone), 16)]
    [InlineData(nameof(kvm_coalesced_mmio), 24)]
    [InlineData(nameof(kvm_coalesced_mmio_ring), 8)]
    [InlineData(nameof(kvm_cpuid2), 8)]
    [InlineData(nameof(kvm_msrs), 8)]
    [InlineData(nameof(kvm_xsave), 4096)]
    [InlineData(nameof(kvm_xcr), 16)]
    [InlineData(nameof(kvm_xcrs), 392)]
    [InlineData(nameof(kvm_run), 2352)]
    public void A_structure_has_the_kernels_size(string name, int size)
    {
        System.Type type = KernelAbi.Structures.Single(pair => pair.Kernel == name).Type;
        Assert.Equal(size, Marshal.SizeOf(type));
    }

    [Theory]
    [InlineData(nameof(kvm_run.request_interrupt_window), 0)]
    [InlineData(nameof(kvm_run.immediate_exit), 1)]
    [InlineData(nameof(kvm_run.exit_reason), 8)]
    [InlineData(nameof(kvm_run.ready_for_interrupt_injection), 12)]
    [InlineData(nameof(kvm_run.if_flag), 13)]
    [InlineData(nameof(kvm_run.flags), 14)]
    [InlineData(nameof(kvm_run.cr8), 16)]
    [InlineData(nameof(kvm_run.apic_base), 24)]
    [InlineData(nameof(kvm_run.io), 32)]
    [InlineData(nameof(kvm_run.mmio), 32)]
    public void A_field_of_the_run_page_lies_where_the_kernel_has_it(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<kvm_run>(field));

    [Fact]
    public void Fields_of_exits_lie_where_the_kernel_has_them()
    {
        Assert.Equal(8, (int)Marshal.OffsetOf<kvm_run.Io>(nameof(kvm_run.Io.data_offset)));
        Assert.Equal(4, (int)Marshal.OffsetOf<kvm_run.Io>(nameof(kvm_run.Io.count)));
        Assert.Equal(8, (int)Marshal.OffsetOf<kvm_run.Mmio>(nameof(kvm_run.Mmio.data)));
        Assert.Equal(16, (int)Marshal.OffsetOf<kvm_run.Mmio>(nameof(kvm_run.Mmio.len)));
        Assert.Equal(20, (int)Marshal.OffsetOf<kvm_run.Mmio>(nameof(kvm_run.Mmio.is_write)));
        Assert.Equal(56, (int)Marshal.OffsetOf<kvm_run.Hypercall>(nameof(kvm_run.Hypercall.ret)));
        Assert.Equal(8, (int)Marshal.OffsetOf<kvm_run.InternalError>(nameof(kvm_run.InternalError.flags)));
        Assert.Equal(17, (int)Marshal.OffsetOf<kvm_run.InternalError>(nameof(kvm_run.InternalError.insn_bytes)));
        Assert.Equal(16, (int)Marshal.OffsetOf<kvm_run.Debug>(nameof(kvm_run.Debug.dr6)));
    }
}
