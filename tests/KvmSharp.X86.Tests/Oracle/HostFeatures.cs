using System.Linq;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>What the host's CPU can be asked about.</summary>
static class HostFeatures
{
    // The registers of CPUID that features are reported in.
    enum Output
    {
        Ebx,
        Ecx,
    }

    /// <summary>Whether the host has all that a form needs.</summary>
    internal static bool Executes(Code code) => code.CpuidFeatures().All(IsThere);

    // What is not listed is in every x86-64 CPU.
    static bool IsThere(CpuidFeature feature) => feature switch
    {
        CpuidFeature.SSE3 => Bit(1, Output.Ecx, 0),
        CpuidFeature.PCLMULQDQ => Bit(1, Output.Ecx, 1),
        CpuidFeature.SSSE3 => Bit(1, Output.Ecx, 9),
        CpuidFeature.CMPXCHG16B => Bit(1, Output.Ecx, 13),
        CpuidFeature.SSE4_1 => Bit(1, Output.Ecx, 19),
        CpuidFeature.SSE4_2 => Bit(1, Output.Ecx, 20),
        CpuidFeature.MOVBE => Bit(1, Output.Ecx, 22),
        CpuidFeature.POPCNT => Bit(1, Output.Ecx, 23),
        CpuidFeature.AES => Bit(1, Output.Ecx, 25),
        CpuidFeature.BMI1 => Bit(7, Output.Ebx, 3),
        CpuidFeature.BMI2 => Bit(7, Output.Ebx, 8),
        CpuidFeature.ADX => Bit(7, Output.Ebx, 19),
        CpuidFeature.CLFLUSHOPT => Bit(7, Output.Ebx, 23),
        CpuidFeature.CLWB => Bit(7, Output.Ebx, 24),
        CpuidFeature.SHA => Bit(7, Output.Ebx, 29),
        CpuidFeature.LZCNT => Bit(0x8000_0001, Output.Ecx, 5),
        CpuidFeature.PREFETCHW => Bit(0x8000_0001, Output.Ecx, 8),
        _ => true,
    };

    static bool Bit(uint leaf, Output output, int bit)
    {
        if (!X86Base.IsSupported || (uint)X86Base.CpuId((int)(leaf & 0x8000_0000), 0).Eax < leaf)
            return false;
        (_, int ebx, int ecx, _) = X86Base.CpuId((int)leaf, 0);
        return (((output == Output.Ebx ? ebx : ecx) >> bit) & 1) != 0;
    }
}
