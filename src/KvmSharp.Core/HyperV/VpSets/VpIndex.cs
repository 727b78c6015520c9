using System.Globalization;

namespace KvmSharp.HyperV.VpSets;

/// <summary>
/// The number by which a guest knows a virtual processor through the Hyper-V interface. It starts out as the vCPU's index;
/// the host may change it. Below the machine's maximum any number will do, and nothing keeps two vCPUs from having the
/// same.
/// </summary>
/// <remarks>
/// It is not the <see cref="Vcpus.VcpuIndex"/>, which the guest does not see, nor the <see cref="Vcpus.VcpuId"/>, which is
/// the APIC id. Be careful not to use them for one another: they agree until somebody changes one.
/// </remarks>
/// <param name="Value">The number.</param>
public readonly record struct VpIndex(uint Value)
{
    /// <summary>The bank of a sparse set that the number lies in.</summary>
    public int Bank => (int)(Value >> VpBank.Shift);

    /// <summary>The number's bit in its bank.</summary>
    public ulong Bit => 1UL << (int)(Value & VpBank.BitMask);

    /// <summary>The kind and the number.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"vp:{Value}");
}
