using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace KvmSharp.Hardware.Tests;

/// <summary>What this process has mapped, and open.</summary>
static class Mappings
{
    internal static IReadOnlyList<Mapping> OfThisProcess() =>
        [.. File.ReadAllLines("/proc/self/maps").Select(Mapping.Parse)];

    /// <summary>Mappings that belong to vCPUs.</summary>
    internal static int OfVcpus() => OfThisProcess().Count(mapping => mapping.Name.Contains("kvm-vcpu", StringComparison.Ordinal));

    /// <summary>Descriptors of the device, of machines and of vCPUs.</summary>
    internal static int KvmDescriptors() => Directory.GetFiles("/proc/self/fd")
        .Select(link => new FileInfo(link).LinkTarget ?? "")
        .Count(target => target == "/dev/kvm" || target.StartsWith("anon_inode:kvm", StringComparison.Ordinal));

    internal sealed record Mapping(ulong Start, ulong End, string Name)
    {
        internal bool Contains(ulong address) => address >= Start && address < End;

        internal static Mapping Parse(string line)
        {
            string[] words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            string[] ends = words[0].Split('-');
            return new Mapping(
                ulong.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                ulong.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                words.Length > 5 ? words[5].Trim() : "");
        }
    }
}
