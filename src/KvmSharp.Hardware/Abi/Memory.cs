using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Hardware.Abi;

// Memory slots and dirty logging, letter for letter as in <linux/kvm.h>. Zero what is not named.

[StructLayout(LayoutKind.Sequential)]
struct kvm_userspace_memory_region
{
    internal uint slot;
    internal uint flags;
    internal ulong guest_phys_addr;
    internal ulong memory_size;
    internal ulong userspace_addr;
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_userspace_memory_region2
{
    internal uint slot;
    internal uint flags;
    internal ulong guest_phys_addr;
    internal ulong memory_size;
    internal ulong userspace_addr;
    internal ulong guest_memfd_offset;
    internal uint guest_memfd;
    internal uint pad1;
    internal Padding pad2;

    [InlineArray(14)]
    internal struct Padding
    {
        ulong _first;
    }
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_create_guest_memfd
{
    internal ulong size;
    internal ulong flags;
    internal Reserved reserved;

    [InlineArray(6)]
    internal struct Reserved
    {
        ulong _first;
    }
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_dirty_log
{
    internal uint slot;
    internal uint padding1;
    internal ulong dirty_bitmap;
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_clear_dirty_log
{
    internal uint slot;
    internal uint num_pages;
    internal ulong first_page;
    internal ulong dirty_bitmap;
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_dirty_gfn
{
    internal uint flags;
    internal uint slot;
    internal ulong offset;
}
