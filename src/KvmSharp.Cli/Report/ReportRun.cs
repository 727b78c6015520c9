using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Perf;
using KvmSharp.Cli.Perf.Dirty;
using KvmSharp.Cli.Scale;
using KvmSharp.HostMemory;
using KvmSharp.Lab.Reports;
using KvmSharp.Lab.Reports.AddressSpace;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Report;

/// <summary>Gathers results and makes the page: the command's work once its options are read.</summary>
static class ReportRun
{
    const string StandardOutput = "-";

    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="CommandException">
    /// A file is wrong, or a measurement failed: no page was written. Or an interruption came: the page shows what had been
    /// measured, if anything had.
    /// </exception>
    internal static int Run(ReportOptions options, Terminal terminal, CancellationToken interruption)
    {
        ResultFile[] files = [.. options.Files.Select(ResultFiles.Read)];
        using ReplacedFile? page = options.Output == StandardOutput ? null : ReplacedFile.Open(options.Output);
        bool isMeasured = files.Length == 0;
        if (isMeasured)
            files = [.. Measure(options, terminal, interruption)];
        bool isCut = isMeasured && interruption.IsCancellationRequested;
        if (isCut && files.Length == 0)
            throw new CommandException(ExitCode.Failed, "interrupted; nothing was measured");
        var content = new ReportContent(
            files,
            ResultFiles.Vocabulary,
            TimeProvider.System.GetLocalNow(),
            options.CommandLine,
            MachineDescription.OfThisMachine(),
            Demonstrate());
        if (page is null)
        {
            ReportPage.Write(content, terminal.Out);
        }
        else
        {
            page.Replace(writer => ReportPage.Write(content, writer));
            terminal.Out.WriteLine(options.Output);
        }
        return isCut
            ? throw new CommandException(ExitCode.Failed, "interrupted; the page shows what was measured until then")
            : ExitCode.Success;
    }

    // By way of the documents that the commands write, so that a report says the same with files and without. Until an
    // interruption: of what it cuts short stays what was found, if anything was.
    static IEnumerable<ResultFile> Measure(ReportOptions options, Terminal terminal, CancellationToken interruption)
    {
        MachineDescription machine = MachineDescription.OfThisMachine();
        foreach ((string source, Func<string> measure) in Measurements(options, machine, terminal, interruption))
        {
            if (interruption.IsCancellationRequested)
                yield break;
            ResultFile file = ResultFiles.Reader.Read(source, measure());
            if (file.HasFigures)
                yield return file;
        }
    }

    static IEnumerable<(string Source, Func<string> Measure)> Measurements(
        ReportOptions options, MachineDescription machine, Terminal terminal, CancellationToken interruption)
    {
        if (options.PerfOptions is { } perf)
            yield return ("perf", () => PerfReport.Measure(perf, machine, terminal, interruption));
        if (options.PhaseOptions is { } phases)
            yield return ("perf of dirty logging", () => DirtyPerfReport.Measure(phases, machine, terminal, interruption));
        foreach (ScaleOptions scale in options.ScaleOptions)
            yield return ($"scale {scale.Subject.Name}", () => ScaleReport.Measure(scale, machine, terminal, interruption));
    }

    static AddressSpaceSnapshot? Demonstrate()
    {
        try
        {
            using var demonstration = DemonstrationMachine.Run();
            return demonstration.Snapshot();
        }
        catch (Exception exception) when (exception is HostMemoryException or IOException)
        {
            // The page is worth having without the map.
            return null;
        }
    }
}
