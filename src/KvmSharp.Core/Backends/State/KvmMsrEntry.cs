using System.Runtime.InteropServices;

namespace KvmSharp.Backends;

/// <summary>A model-specific register and its value: <c>struct kvm_msr_entry</c>, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmMsrEntry(uint index, ulong data = 0)
{
    /// <summary>Which.</summary>
    public uint Index = index;

    readonly uint _reserved;

    /// <summary>Its value.</summary>
    public ulong Data = data;
}
