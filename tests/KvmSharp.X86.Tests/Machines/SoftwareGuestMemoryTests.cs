using KvmSharp.Tests.Machines;

namespace KvmSharp.X86.Tests.Machines;

/// <summary>Slots with pages of a file behind them, on the software CPU.</summary>
public sealed class SoftwareGuestMemoryTests() : GuestMemoryConformance(SoftwareBackend.Instance.CreateMachine());
