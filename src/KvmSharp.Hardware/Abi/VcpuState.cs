using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Hardware.Abi;

// What goes with the vCPU calls beside the structures of KvmSharp.Backends, letter for letter as in <linux/kvm.h>. Of
// those that end in an array only the head is here.

[StructLayout(LayoutKind.Sequential)]
struct kvm_cpuid2
{
    internal uint nent;
    internal uint padding;
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_msrs
{
    internal uint nmsrs;
    internal uint pad;
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_xsave
{
    internal Region region;

    [InlineArray(1024)]
    internal struct Region
    {
        uint _first;
    }
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_xcr
{
    internal uint xcr;
    internal uint reserved;
    internal ulong value;
}

[StructLayout(LayoutKind.Sequential)]
struct kvm_xcrs
{
    internal uint nr_xcrs;
    internal uint flags;
    internal Xcrs xcrs;
    internal Padding padding;

    [InlineArray(16)]
    internal struct Xcrs
    {
        kvm_xcr _first;
    }

    [InlineArray(16)]
    internal struct Padding
    {
        ulong _first;
    }
}
