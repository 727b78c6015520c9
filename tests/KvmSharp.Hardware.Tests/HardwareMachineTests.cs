using KvmSharp.Tests.Machines;

namespace KvmSharp.Hardware.Tests;

/// <summary>What every backend does, on <c>/dev/kvm</c>.</summary>
public sealed class HardwareMachineTests() : MachineConformance(new HardwareBackend().CreateMachine());

/// <summary>Slots with pages of a file behind them, on <c>/dev/kvm</c>.</summary>
public sealed class HardwareGuestMemoryTests() : GuestMemoryConformance(new HardwareBackend().CreateMachine());
