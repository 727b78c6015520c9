namespace KvmSharp.Backends;

/// <summary>The processor's refusal to enter the guest.</summary>
/// <param name="HardwareReason">The processor's own number for it.</param>
/// <param name="Cpu">The host processor.</param>
public readonly record struct FailEntryExit(ulong HardwareReason, uint Cpu);
