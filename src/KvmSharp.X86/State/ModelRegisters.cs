namespace KvmSharp.X86.State;

/// <summary>Model-specific registers that hold a value. Those that are views of other state are not here.</summary>
struct ModelRegisters
{
    /// <summary>Family 6, as CPUID and EDX after reset report it.</summary>
    internal const uint Signature = 0x0000_0600;

    internal ulong Star;
    internal ulong LongStar;
    internal ulong CompatibilityStar;
    internal ulong SyscallMask;
    internal ulong KernelGsBase;
    internal ulong SysenterCs;
    internal ulong SysenterEsp;
    internal ulong SysenterEip;
    internal ulong TscAux;
    internal ulong TscAdjust;
    internal ulong Pat;
    internal ulong ApicBase;
    internal ulong MtrrDefaultType;
    internal ulong MiscEnable;

    internal static ModelRegisters AtReset() => new()
    {
        Pat = 0x0007_0406_0007_0406,
        // The local APIC is where it always is, switched off: there is none.
        ApicBase = 0xFEE0_0000,
        // Fast string operations.
        MiscEnable = 1,
    };
}
