using KvmSharp.X86.State;

namespace KvmSharp.X86.Events;

/// <summary>What a debugger outside the guest asked for.</summary>
struct DebuggerSettings
{
    /// <summary>The owner is told after each instruction.</summary>
    internal bool SingleStep;

    /// <summary>INT3 ends the run instead of being delivered.</summary>
    internal bool StopsAtBreakpoints;

    /// <summary>The debugger's breakpoints take the place of the guest's.</summary>
    internal bool UsesBreakpoints;

    internal CpuState.FourWords Addresses;
    internal ulong Dr7;
}
