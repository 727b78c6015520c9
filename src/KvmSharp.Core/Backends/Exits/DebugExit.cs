namespace KvmSharp.Backends;

/// <summary>Where a debugger's request stopped the guest.</summary>
/// <param name="Exception">The vector: 1 for a step, breakpoint register or watchpoint, 3 for INT3.</param>
/// <param name="Pc">The linear address of the instruction that comes next; of an INT3, of itself.</param>
/// <param name="Dr6">Which condition was met, as DR6 says it.</param>
/// <param name="Dr7">The conditions that were watched, as DR7 says it.</param>
public readonly record struct DebugExit(uint Exception, ulong Pc, ulong Dr6, ulong Dr7);
