using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace KvmSharp.Cli.Doctor;

/// <summary>What the host says of itself, in files.</summary>
static class HostProbe
{
    const string CpuInfo = "/proc/cpuinfo";
    const string MemoryInfo = "/proc/meminfo";
    const string TransparentPages = "/sys/kernel/mm/transparent_hugepage/enabled";

    // Less than this and a guest that is worth the name does not fit.
    const long LittleMemoryKiB = 1 << 20;

    internal static Finding Processor()
    {
        string? flags = Lines(CpuInfo).FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal));
        if (flags is null)
            return new Finding(Subject.Processor, Condition.Unknown, $"{CpuInfo} does not say");
        string[] words = flags.Split(' ');
        if (words.Contains("vmx"))
            return new Finding(Subject.Processor, Condition.Ok, "VMX");
        if (words.Contains("svm"))
            return new Finding(Subject.Processor, Condition.Ok, "SVM");
        // A paravirtual module needs neither.
        return new Finding(
            Subject.Processor,
            Condition.Limited,
            words.Contains("hypervisor") ? "neither VMX nor SVM; the machine is itself a guest" : "neither VMX nor SVM",
            words.Contains("hypervisor")
                ? "let the outer hypervisor offer nested virtualization"
                : "switch virtualization on in the firmware");
    }

    internal static IEnumerable<Finding> Memory()
    {
        Dictionary<string, long> info = [];
        foreach (string line in Lines(MemoryInfo))
        {
            string[] words = line.Split((char[])[':', ' '], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 1 && long.TryParse(words[1], CultureInfo.InvariantCulture, out long value))
                info[words[0]] = value;
        }
        long available = info.GetValueOrDefault("MemAvailable");
        long total = info.GetValueOrDefault("MemTotal");
        yield return info.Count == 0
            ? new Finding(Subject.Memory, Condition.Unknown, $"{MemoryInfo} does not say")
            : new Finding(
                Subject.Memory,
                available < LittleMemoryKiB ? Condition.Limited : Condition.Ok,
                string.Create(CultureInfo.InvariantCulture, $"{available >> 10} of {total >> 10} MiB are available"),
                available < LittleMemoryKiB ? "end other programs, or give the machine more" : null);

        yield return TransparentHugePages();

        long reserved = info.GetValueOrDefault("HugePages_Total");
        yield return new Finding(
            Subject.ReservedHugePages,
            reserved > 0 ? Condition.Ok : Condition.Limited,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{info.GetValueOrDefault("HugePages_Free")} of {reserved} are free, of {info.GetValueOrDefault("Hugepagesize")} KiB each"),
            reserved > 0 ? null : "only if they are wanted: sysctl vm.nr_hugepages=N");
    }

    static Finding TransparentHugePages()
    {
        // The one in brackets is chosen.
        string? line = Lines(TransparentPages).FirstOrDefault();
        string? chosen = line?.Split(' ').FirstOrDefault(word => word.StartsWith('['))?.Trim('[', ']');
        return chosen switch
        {
            null => new Finding(Subject.TransparentHugePages, Condition.Limited, "the kernel has none"),
            "never" => new Finding(
                Subject.TransparentHugePages, Condition.Limited, chosen, $"echo madvise > {TransparentPages}"),
            _ => new Finding(Subject.TransparentHugePages, Condition.Ok, chosen),
        };
    }

    static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
