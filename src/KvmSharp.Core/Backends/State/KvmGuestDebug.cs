using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Backends;

/// <summary>What a debugger asks for: <c>struct kvm_guest_debug</c>, 72 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmGuestDebug
{
    /// <summary>What is asked for; <see cref="KvmGuestDebugControl.None"/> ends debugging.</summary>
    public KvmGuestDebugControl Control;

    readonly uint _padding;

    /// <summary>With <see cref="KvmGuestDebugControl.UseHardwareBreakpoints"/>: DR0 … DR7, of which 4 … 6 are not used.</summary>
    public KvmGuestDebugRegisters DebugReg;
}

/// <summary>Eight debug registers.</summary>
[InlineArray(8)]
public struct KvmGuestDebugRegisters
{
    ulong _first;
}

/// <summary>What a debugger asks for (<c>KVM_GUESTDBG_…</c>).</summary>
[Flags]
public enum KvmGuestDebugControl : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Debugging; goes with all others.</summary>
    Enable = 1,

    /// <summary>Leave the guest after each instruction.</summary>
    SingleStep = 2,

    /// <summary>Leave the guest at INT3.</summary>
    UseSoftwareBreakpoints = 0x0001_0000,

    /// <summary>Leave the guest where the debug registers say.</summary>
    UseHardwareBreakpoints = 0x0002_0000,

    /// <summary>Hand the guest a debug exception with the next run.</summary>
    InjectDb = 0x0004_0000,

    /// <summary>Hand the guest a breakpoint exception with the next run.</summary>
    InjectBp = 0x0008_0000,

    /// <summary>Deliver no interrupts while stepping.</summary>
    BlockIrq = 0x0010_0000,
}
