using System.Globalization;

namespace KvmSharp.Vcpus;

/// <summary>
/// The number a vCPU's creator chose; on x86 its APIC id. Sparse: below the machine's limit any number will do. It is
/// not an index into any table, and not the VP index that a guest sees through the Hyper-V interface.
/// </summary>
/// <param name="Value">The number.</param>
public readonly record struct VcpuId(uint Value)
{
    /// <summary>The kind and the number.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"vcpu-id:{Value}");
}
