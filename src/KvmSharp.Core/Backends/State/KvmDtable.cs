using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Backends;

/// <summary>A descriptor table register: <c>struct kvm_dtable</c>, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmDtable
{
    /// <summary>The linear address of the table.</summary>
    public ulong Base;

    /// <summary>The offset of its last byte.</summary>
    public ushort Limit;

    readonly Padding _padding;

    [InlineArray(3)]
    struct Padding
    {
        ushort _first;
    }
}
