using System;
using System.IO;
using System.Linq;
using KvmSharp.Cli.Perf;
using KvmSharp.Cli.Perf.Guests;
using KvmSharp.Cli.Perf.Tests;
using KvmSharp.Cli.Scale;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli;

/// <summary>Files of results, as commands take them.</summary>
static class ResultFiles
{
    // Thousands of times what a run writes.
    const long MostBytes = 256 << 20;

    /// <summary>What may stand in results of this program.</summary>
    internal static ResultVocabulary Vocabulary { get; } = new(
        [.. SlotStores.All.Select(store => store.Name)],
        [.. PerfTests.All.Select(test => new PerfTestName(test.Name, test.Title)), new(PerfOptions.SetupName, PerfTable.SetupTitle)],
        [.. Enum.GetValues<GuestKind>().Select(PerfOptions.NameOf)],
        PerfOptions.LeastSlots,
        PerfOptions.MostSlots,
        ScaleSubjects.All);

    internal static ResultReader Reader { get; } = new(Vocabulary);

    /// <summary>Reads a file.</summary>
    /// <exception cref="CommandException">It cannot be read, or is not what it should be.</exception>
    internal static ResultFile Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MostBytes })
                throw CommandException.WrongUse($"{path}: larger than {MostBytes >> 20} MiB");
            return Reader.Read(path, File.ReadAllText(path));
        }
        catch (ResultFormatException exception)
        {
            throw CommandException.WrongUse($"{path}: {exception.Message}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or ArgumentException or NotSupportedException)
        {
            throw CommandException.WrongUse($"cannot read \"{path}\": {exception.Message}");
        }
    }
}
