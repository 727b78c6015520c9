using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;

namespace KvmSharp.Lab.Results;

/// <summary>What a measurement ran on, and of which sources.</summary>
/// <param name="Os">The operating system and its version.</param>
/// <param name="Cpu">The processor's own name.</param>
/// <param name="Cores">Logical processors that the process may use.</param>
/// <param name="Architecture">The instruction set.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="MemoryBytes">Memory that the process may use.</param>
/// <param name="Commit">The commit that the program was built from, where the build knew it.</param>
public sealed record MachineDescription(
    string Os, string Cpu, int Cores, string Architecture, string Runtime, long MemoryBytes, string? Commit = null)
{
    /// <summary>This machine and this program.</summary>
    public static MachineDescription OfThisMachine() => new(
        RuntimeInformation.OSDescription,
        CpuName(),
        Environment.ProcessorCount,
        RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
        RuntimeInformation.FrameworkDescription,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        BuiltFrom());

    /// <summary>In one line, without the commit.</summary>
    public override string ToString() => $"{Cores} × {Cpu}, {MemoryBytes / (double)(1L << 30):0.#} GiB, {Runtime}, {Os}";

    // The SDK puts it after the version and a plus sign when it builds inside a repository.
    static string? BuiltFrom()
    {
        string? version = typeof(MachineDescription).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return version?.Split('+', 2) is [_, { Length: > 0 } commit] ? commit : null;
    }

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
