using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;
using KvmSharp.Cli.Conform.Random;
using KvmSharp.Hardware;

namespace KvmSharp.Cli.Conform;

/// <summary>Runs what was asked for and tells what came of it.</summary>
sealed class ConformReport
{
    // More lines of one file only repeat what is wrong with it.
    const int MostDifferencesShown = 20;
    const string VectorPrefix = "conform/";

    readonly ConformOptions _options;
    readonly Terminal _terminal;
    readonly CancellationToken _interruption;
    readonly IReadOnlyList<ConformMachine> _machines;

    ConformReport(
        ConformOptions options, Terminal terminal, IReadOnlyList<ConformMachine> machines, CancellationToken interruption)
    {
        _options = options;
        _terminal = terminal;
        _machines = machines;
        _interruption = interruption;
    }

    /// <returns>An <see cref="ExitCode"/>.</returns>
    internal static int Run(ConformOptions options, Terminal terminal, CancellationToken interruption)
    {
        // A file with an error in it is told before machines are made.
        IReadOnlyList<ConformFile> files = [.. options.Files.Select(ConformFile.Load)];
        if (files.Count == 0 && options.RandomOperations == 0)
            files = [.. Vectors()];
        try
        {
            return Run(options, files, terminal, interruption);
        }
        catch (KvmException exception)
        {
            // A machine could not be made: the host has run out of something.
            throw new CommandException(ExitCode.NotSupported, exception.Message);
        }
    }

    static int Run(
        ConformOptions options, IReadOnlyList<ConformFile> files, Terminal terminal, CancellationToken interruption)
    {
        IReadOnlyList<ConformMachine> machines = CreateMachines(options, terminal);
        try
        {
            var report = new ConformReport(options, terminal, machines, interruption);
            return options.RandomOperations > 0 ? report.RunRandom() : report.RunFiles(files);
        }
        finally
        {
            foreach (ConformMachine machine in machines)
                machine.Dispose();
        }
    }

    /// <summary>The files that come with the program.</summary>
    internal static IEnumerable<ConformFile> Vectors()
    {
        Assembly assembly = typeof(ConformReport).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(VectorPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return ConformFile.Parse(name, reader.ReadToEnd());
        }
    }

    static IReadOnlyList<ConformMachine> CreateMachines(ConformOptions options, Terminal terminal)
    {
        string? reason = "it is Linux'";
        bool hasKvm = OperatingSystem.IsLinux() && new HardwareBackend().IsAvailable(out reason);
        ConformBackend backend = options.Backend ?? (hasKvm ? ConformBackend.Both : ConformBackend.Soft);
        if (options.Backend is null && !hasKvm)
            terminal.Error.WriteLine($"there is no /dev/kvm to compare with, so this compares with expectations alone: {reason}");
        if (backend == ConformBackend.Soft)
            return [new SoftConformMachine(Slots.SlotLimits.AddressSpaces)];
        if (!OperatingSystem.IsLinux() || !hasKvm)
            throw new CommandException(ExitCode.NotSupported, $"no machines on /dev/kvm: {reason}");
        var kvm = new KvmConformMachine();
        return backend == ConformBackend.Kvm ? [kvm] : [new SoftConformMachine(kvm.AddressSpaces), kvm];
    }

    int RunFiles(IReadOnlyList<ConformFile> files)
    {
        bool differs = false;
        bool interrupted = false;
        foreach (ConformFile file in files)
        {
            ConformOutcome outcome = RunFile(file);
            differs |= outcome.Differences.Count > 0;
            interrupted |= outcome.WasInterrupted;
            Tell(file.Name, outcome);
            if (interrupted)
                break;
        }
        if (interrupted)
            _terminal.Error.WriteLine("interrupted");
        return differs || interrupted ? ExitCode.Failed : ExitCode.Success;
    }

    ConformOutcome RunFile(ConformFile file)
    {
        try
        {
            return new ConformRun(_machines, _interruption).Run(file.Lines);
        }
        catch (CommandException exception)
        {
            throw new CommandException(exception.ExitCode, $"{file.Name}: {exception.Message}");
        }
    }

    void Tell(string name, ConformOutcome outcome)
    {
        TextWriter writer = _terminal.Out;
        writer.WriteLine(
            $"{name}: {outcome.LinesRun} lines on {string.Join(" and ", _machines.Select(machine => machine.Name))}, "
            + (outcome.Differences.Count == 0 ? "all as they should be" : $"{outcome.Differences.Count} differ"));
        foreach (((string machine, ConformFeature feature), int lines) in outcome.Skipped.OrderBy(pair => pair.Key))
            writer.WriteLine($"  {machine} leaves out {lines} lines that need \"{ConformFeatures.NameOf(feature)}\"");
        foreach (ConformDifference difference in outcome.Differences.Take(MostDifferencesShown))
            Tell(difference);
        if (outcome.Differences.Count > MostDifferencesShown)
            writer.WriteLine($"  and {outcome.Differences.Count - MostDifferencesShown} more");
    }

    void Tell(ConformDifference difference)
    {
        _terminal.Out.WriteLine($"  {difference.Line.Number}: {difference.Line.Text}");
        _terminal.Out.WriteLine($"      {difference.Machine}: {difference.Text}");
        if (difference.Other is { } other)
            _terminal.Out.WriteLine($"      {other.Machine}: {other.Text}");
    }

    int RunRandom()
    {
        if (_machines.Count < 2)
            throw new CommandException(ExitCode.NotSupported, "random sequences have no expectations: they need \"--backend both\" and /dev/kvm");
        long seed = _options.Seed ?? Environment.TickCount64 & int.MaxValue;
        var run = new RandomRun(_machines, _options, _interruption);
        var progress = new ProgressLine(_terminal, checked((int)Math.Min(_options.RandomOperations, int.MaxValue)));
        long started = Stopwatch.GetTimestamp();
        RandomDifference? difference = run.Run(seed, done =>
        {
            progress.AdvanceTo((int)Math.Min(done, int.MaxValue));
            progress.Begin("operations");
        });
        progress.Clear();
        string what = $"{run.OperationsRun} operations on {run.MachinesRun} machines of each kind, seed {seed}";
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (difference is null)
        {
            _terminal.Out.WriteLine($"{what}: no difference ({seconds:0.0} s)");
            if (!_interruption.IsCancellationRequested)
                return ExitCode.Success;
            _terminal.Error.WriteLine("interrupted");
            return ExitCode.Failed;
        }
        _terminal.Out.WriteLine($"{what}: a difference");
        Tell(difference.Difference);
        WriteReproducer(difference);
        return ExitCode.Failed;
    }

    void WriteReproducer(RandomDifference difference)
    {
        string path = _options.Reproducer;
        using (ReplacedFile file = ReplacedFile.Open(path))
        {
            file.Replace(writer =>
            {
                writer.WriteLine($"# On the last line, {difference.Difference.Machine}: {difference.Difference.Text}");
                if (difference.Difference.Other is { } other)
                    writer.WriteLine($"# and {other.Machine}: {other.Text}");
                writer.WriteLine($"# Shortened from the sequence of seed {difference.Seed}.");
                foreach (string line in difference.Lines)
                    writer.WriteLine(line);
            });
        }
        _terminal.Out.WriteLine($"{path} reproduces it in {difference.Lines.Count} lines");
    }
}
