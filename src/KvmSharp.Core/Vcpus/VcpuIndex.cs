using System.Globalization;

namespace KvmSharp.Vcpus;

/// <summary>
/// A vCPU's position in its machine's table: dense, from 0, in the order in which vCPUs came online. The creator does not
/// choose it and the guest does not see it.
/// </summary>
/// <param name="Value">The position.</param>
public readonly record struct VcpuIndex(int Value)
{
    /// <summary>The kind and the number.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"vcpu:{Value}");
}
