using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using KvmSharp.Cli.Help;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Doctor;

/// <summary><c>kvmsharp doctor</c>: what this machine offers, and what to do about the rest.</summary>
sealed class DoctorCommand : Command, IExplained
{
    const string DefaultDevice = "/dev/kvm";
    const int NameWidth = 24;
    const int ConditionWidth = 9;

    readonly Option<bool> _json = new("--json") { Description = "Write what was found as JSON." };

    readonly Option<string?> _device = new("--device")
    {
        HelpName = "PATH",
        Description = $"The device to look at. By default {DefaultDevice}.",
    };

    DoctorCommand()
        : base("doctor", "Look what this machine offers for guests on hardware, and say what is missing.")
    {
        Options.Add(_json);
        Options.Add(_device);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Heading, string[] Lines)> Parts { get; } =
    [
        ("Exit codes:",
        [
            "0 guests run on /dev/kvm   2 wrong use   3 they do not",
        ]),
    ];

    internal static DoctorCommand Create(Terminal terminal)
    {
        var command = new DoctorCommand();
        command.SetAction(parsed =>
        {
            string device = parsed.GetValue(command._device) ?? DefaultDevice;
            if (device.Length == 0)
                throw CommandException.WrongUse("--device needs a path");
            Diagnosis diagnosis = Diagnose(device);
            if (parsed.GetValue(command._json))
                terminal.Out.WriteLine(JsonSerializer.Serialize(diagnosis, DiagnosisJsonContext.Default.Diagnosis));
            else
                Write(diagnosis, terminal);
            return diagnosis.Usable ? ExitCode.Success : ExitCode.NotSupported;
        });
        return command;
    }

    internal static Diagnosis Diagnose(string device)
    {
        var findings = new List<Finding>();
        Dictionary<string, long> limits = [];
        Dictionary<string, int> capabilities = [];
        if (OperatingSystem.IsLinux())
        {
            var probe = new KvmProbe(device);
            probe.Run();
            findings.AddRange(probe.Findings);
            // Where guests run, it does not matter how.
            Finding processor = HostProbe.Processor();
            findings.Insert(0, Diagnosis.IsUsable(findings) ? processor with { Fix = null } : processor);
            findings.AddRange(HostProbe.Memory());
            limits = probe.Limits;
            capabilities = probe.Capabilities;
        }
        else
        {
            findings.Add(new Finding(
                Subject.Device, Condition.Missing, "/dev/kvm is Linux'", "run guests on the software CPU, which runs anywhere"));
        }
        return new Diagnosis(
            Diagnosis.CurrentSchema, Diagnosis.IsUsable(findings), MachineDescription.OfThisMachine(), findings, limits, capabilities);
    }

    static void Write(Diagnosis diagnosis, Terminal terminal)
    {
        TextWriter writer = terminal.Out;
        writer.WriteLine($"{diagnosis.Machine}");
        writer.WriteLine();
        foreach (Finding finding in diagnosis.Findings)
        {
            string condition = finding.Condition.ToString().ToLowerInvariant();
            writer.WriteLine($"{Spaced(finding.Subject.ToString()),-NameWidth}{condition,-ConditionWidth}{finding.Detail}");
            if (finding.Fix is not null && finding.Condition != Condition.Ok)
                writer.WriteLine($"{"",-(NameWidth + ConditionWidth)}fix: {finding.Fix}");
        }
        if (diagnosis.Limits.Count > 0)
        {
            writer.WriteLine();
            writer.WriteLine("Limits:");
            foreach ((string name, long value) in diagnosis.Limits)
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {Spaced(name),-NameWidth}{value}"));
        }
        if (diagnosis.Capabilities.Count > 0)
        {
            writer.WriteLine();
            writer.WriteLine("Capabilities:");
            foreach (string line in Wrap(diagnosis.Capabilities.Select(pair => pair.Value == 1 ? pair.Key : $"{pair.Key}={pair.Value}"), terminal.Width - 2))
                writer.WriteLine($"  {line}");
        }
        writer.WriteLine();
        writer.WriteLine(Diagnosis.Verdict(diagnosis.Findings));
    }

    static string Spaced(string name)
    {
        var text = new StringBuilder();
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0)
                text.Append(' ');
            text.Append(char.ToLowerInvariant(letter));
        }
        return text.ToString();
    }

    static IEnumerable<string> Wrap(IEnumerable<string> words, int width)
    {
        string line = "";
        foreach (string word in words)
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }
            line += line.Length == 0 ? word : ' ' + word;
        }
        yield return line;
    }
}
