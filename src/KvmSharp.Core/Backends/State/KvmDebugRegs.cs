using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Backends;

/// <summary>The debug registers as the guest sees them: <c>struct kvm_debugregs</c>, 128 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmDebugRegs
{
    /// <summary>DR0 … DR3: linear addresses.</summary>
    public KvmDebugAddresses Db;

    /// <summary>DR6: which condition was met.</summary>
    public ulong Dr6;

    /// <summary>DR7: which conditions are watched.</summary>
    public ulong Dr7;

    /// <summary>Zero.</summary>
    public ulong Flags;

    readonly Reserved _reserved;

    [InlineArray(9)]
    struct Reserved
    {
        ulong _first;
    }
}

/// <summary>The addresses of four breakpoints.</summary>
[InlineArray(4)]
public struct KvmDebugAddresses
{
    ulong _first;
}
