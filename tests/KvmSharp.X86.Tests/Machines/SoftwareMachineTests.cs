using KvmSharp.Tests.Machines;

namespace KvmSharp.X86.Tests.Machines;

/// <summary>What every backend does, on the software CPU.</summary>
public sealed class SoftwareMachineTests() : MachineConformance(SoftwareBackend.Instance.CreateMachine());
