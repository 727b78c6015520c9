using System;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace KvmSharp.Litmus;

/// <summary>Whether this host can show what is looked for.</summary>
static class Host
{
    const int HypervisorBit = 31;
    const int HypervisorLeaf = 0x4000_0000;

    /// <summary>Why nothing can be concluded here, or null.</summary>
    internal static string? WhyInconclusive()
    {
        if (Environment.ProcessorCount < 2)
            return "one processor: the sides of a race never run at once";
        if (IsEmulated())
            return "the processor is emulated (TCG): its memory order is not the hardware's";
        return null;
    }

    static bool IsEmulated()
    {
        if (!X86Base.IsSupported)
            return false;
        (_, _, int features, _) = X86Base.CpuId(1, 0);
        if ((features >>> HypervisorBit) == 0)
            return false;
        (_, int b, int c, int d) = X86Base.CpuId(HypervisorLeaf, 0);
        return Signature(b, c, d) == "TCGTCGTCGTCG";
    }

    static string Signature(int b, int c, int d)
    {
        byte[] bytes = [.. BitConverter.GetBytes(b), .. BitConverter.GetBytes(c), .. BitConverter.GetBytes(d)];
        return Encoding.ASCII.GetString(bytes);
    }
}
