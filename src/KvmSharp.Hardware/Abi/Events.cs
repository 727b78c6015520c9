using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Hardware.Abi;

// Events, interrupts and capabilities, letter for letter as in <linux/kvm.h>. Zero what is not named.

[StructLayout(LayoutKind.Sequential)]
struct kvm_enable_cap
{
    internal uint cap;
    internal uint flags;
    internal ulong arg0;
    internal ulong arg1;
    internal ulong arg2;
    internal ulong arg3;
    internal Padding pad;

    [InlineArray(64)]
    internal struct Padding
    {
        byte _first;
    }
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_ioeventfd
{
    internal ulong datamatch;
    internal ulong addr;
    internal uint len;
    internal int fd;
    internal uint flags;
    internal Padding pad;

    [InlineArray(36)]
    internal struct Padding
    {
        byte _first;
    }
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_irqfd
{
    internal uint fd;
    internal uint gsi;
    internal uint flags;
    internal uint resamplefd;
    internal Padding pad;

    [InlineArray(16)]
    internal struct Padding
    {
        byte _first;
    }
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_irq_level
{
    internal uint irq;
    internal uint level;
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_coalesced_mmio_zone
{
    internal ulong addr;
    internal uint size;
    internal uint pio;
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_coalesced_mmio
{
    internal ulong phys_addr;
    internal uint len;
    internal uint pio;
    internal ulong data;
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_coalesced_mmio_ring
{
    internal uint first;
    internal uint last;
}
