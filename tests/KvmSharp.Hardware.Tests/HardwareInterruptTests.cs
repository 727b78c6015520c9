using KvmSharp.Tests.Machines;

namespace KvmSharp.Hardware.Tests;

/// <summary>Interrupts on <c>/dev/kvm</c>.</summary>
public sealed class HardwareInterruptTests() : InterruptConformance(new HardwareBackend().CreateMachine());
