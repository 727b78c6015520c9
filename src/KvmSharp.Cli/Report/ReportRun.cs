using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Perf;
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
    /// <exception cref="CommandException">A file is wrong, or a measurement failed; no page was written.</exception>
    internal static int Run(ReportOptions options, Terminal terminal, CancellationToken interruption)
    {
        ResultFile[] files = [.. options.Files.Select(ResultFiles.Read)];
        using ReplacedFile? page = options.Output == StandardOutput ? null : ReplacedFile.Open(options.Output);
        if (files.Length == 0)
            files = [.. Measure(options, terminal, interruption)];
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
            return ExitCode.Success;
        }
        page.Replace(writer => ReportPage.Write(content, writer));
        terminal.Out.WriteLine(options.Output);
        return ExitCode.Success;
    }

    // By way of the documents that the commands write, so that a report says the same with files and without.
    static IEnumerable<ResultFile> Measure(ReportOptions options, Terminal terminal, CancellationToken interruption)
    {
        MachineDescription machine = MachineDescription.OfThisMachine();
        if (options.PerfOptions is { } perf)
            yield return ResultFiles.Reader.Read("perf", PerfReport.Measure(perf, machine, terminal, interruption));
        foreach (ScaleOptions scale in options.ScaleOptions)
        {
            yield return ResultFiles.Reader.Read(
                $"scale {scale.Subject.Name}", ScaleReport.Measure(scale, machine, terminal, interruption));
        }
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
