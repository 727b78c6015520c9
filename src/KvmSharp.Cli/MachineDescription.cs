using System;
using System.IO;
using System.Runtime.InteropServices;

namespace KvmSharp.Cli;

/// <summary>What a measurement ran on.</summary>
/// <param name="Os">The operating system and its version.</param>
/// <param name="Cpu">The processor's own name.</param>
/// <param name="Cores">Logical processors that this process may use.</param>
/// <param name="Architecture">The instruction set.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="MemoryBytes">Memory that this process may use.</param>
sealed record MachineDescription(string Os, string Cpu, int Cores, string Architecture, string Runtime, long MemoryBytes)
{
    internal static MachineDescription OfThisMachine() => new(
        RuntimeInformation.OSDescription,
        CpuName(),
        Environment.ProcessorCount,
        RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
        RuntimeInformation.FrameworkDescription,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    public override string ToString() => $"{Cores} × {Cpu}, {MemoryBytes / (double)(1L << 30):0.#} GiB, {Runtime}, {Os}";

    static string CpuName()
    {
        const string CpuInfo = "/proc/cpuinfo";
        const string Key = "model name";
        const string Unknown = "unknown processor";
        if (!OperatingSystem.IsLinux())
            return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? Unknown;
        try
        {
            foreach (string line in File.ReadLines(CpuInfo))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon > 0 && line.StartsWith(Key, StringComparison.Ordinal))
                    return line[(colon + 1)..].Trim();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The name is for the reader only.
        }
        return Unknown;
    }
}
