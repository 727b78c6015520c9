using KvmSharp.Tests.Machines;

namespace KvmSharp.X86.Tests.Machines;

/// <summary>Interrupts on the software CPU.</summary>
public sealed class SoftwareInterruptTests() : InterruptConformance(SoftwareBackend.Instance.CreateMachine());
