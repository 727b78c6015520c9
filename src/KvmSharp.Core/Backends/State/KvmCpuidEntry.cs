using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Backends;

/// <summary>One answer of CPUID: <c>struct kvm_cpuid_entry2</c>, 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmCpuidEntry
{
    /// <summary>The leaf: EAX as the guest sets it.</summary>
    public uint Function;

    /// <summary>The subleaf: ECX as the guest sets it, where that matters.</summary>
    public uint Index;

    /// <summary>Whether it does.</summary>
    public KvmCpuidFlags Flags;

    /// <summary>EAX of the answer.</summary>
    public uint Eax;

    /// <summary>EBX of the answer.</summary>
    public uint Ebx;

    /// <summary>ECX of the answer.</summary>
    public uint Ecx;

    /// <summary>EDX of the answer.</summary>
    public uint Edx;

    readonly Padding _padding;

    [InlineArray(3)]
    struct Padding
    {
        uint _first;
    }
}

/// <summary>How an answer of CPUID is chosen.</summary>
[Flags]
public enum KvmCpuidFlags : uint
{
    /// <summary>By the leaf alone.</summary>
    None = 0,

    /// <summary>By leaf and subleaf (<c>KVM_CPUID_FLAG_SIGNIFCANT_INDEX</c>, as the kernel spells it).</summary>
    SignificantIndex = 1,
}
