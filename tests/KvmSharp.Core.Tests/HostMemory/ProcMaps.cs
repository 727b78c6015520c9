using System.Globalization;
using System.IO;
using System.Linq;
using KvmSharp.Addresses;

namespace KvmSharp.Tests.HostMemory;

/// <summary>What the kernel says about the memory of this process.</summary>
static class ProcMaps
{
    /// <summary>The rights at an address, as in <c>rw-p</c>; empty where nothing is mapped.</summary>
    internal static string RightsAt(Hva hva)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] words = line.Split(' ');
            ulong[] bounds = [.. words[0].Split('-').Select(word => ulong.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            if (hva.Value >= bounds[0] && hva.Value < bounds[1])
                return words[1];
        }
        return "";
    }

    internal static bool Names(string path) => File.ReadLines("/proc/self/maps").Any(line => line.EndsWith(path, System.StringComparison.Ordinal));
}
