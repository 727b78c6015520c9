using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Hardware.Abi;

// Interrupt controllers, letter for letter as in <linux/kvm.h>. Zero what is not named.

[StructLayout(LayoutKind.Sequential)]
struct kvm_irqchip
{
    internal uint chip_id;
    internal uint pad;
    internal Chip chip;

    [InlineArray(512)]
    internal struct Chip
    {
        byte _first;
    }
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_lapic_state
{
    internal Registers regs;

    [InlineArray(0x400)]
    internal struct Registers
    {
        byte _first;
    }
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_msi
{
    internal uint address_lo;
    internal uint address_hi;
    internal uint data;
    internal uint flags;
    internal uint devid;
    internal Padding pad;

    [InlineArray(12)]
    internal struct Padding
    {
        byte _first;
    }
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_irq_routing
{
    internal uint nr;
    internal uint flags;
}

/// <summary>Its union as words: chip and pin, or the two halves of an address and data.</summary>
[StructLayout(LayoutKind.Sequential)]
struct kvm_irq_routing_entry
{
    internal const uint IRQCHIP = 1;
    internal const uint MSI = 2;

    internal uint gsi;
    internal uint type;
    internal uint flags;
    internal uint pad;
    internal Union u;

    [InlineArray(8)]
    internal struct Union
    {
        uint _first;
    }
}
