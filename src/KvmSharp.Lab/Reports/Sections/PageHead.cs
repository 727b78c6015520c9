using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.AddressSpace;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>The top of the page: what was measured where, of which sources, and how to do it again.</summary>
static class PageHead
{
    internal static XElement Create(string title, ReportContent content)
    {
        MachineDescription[] machines = [.. content.Files.Select(file => file.Machine).Distinct()];
        return Html.Element("header",
            Html.Element("p", Html.Class("eyebrow"), "KvmSharp report · ", Time(content.Made)),
            Html.Element("h1", title),
            machines.Length > 1 ? Warning() : null,
            machines.Select(machine => Facts(machine, content)),
            content.Files.Any(file => !file.IsComplete) ? Html.Element("p", Html.Class("warning"),
                "Not complete: ", string.Join(", ", content.Files.Where(file => !file.IsComplete).Select(file => file.Source)),
                ". The run was interrupted or a test failed.") : null);
    }

    static XElement Time(DateTimeOffset made) => Html.Element("time",
        new XAttribute("datetime", made.ToString("O", CultureInfo.InvariantCulture)),
        made.ToUniversalTime().ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture));

    static XElement Warning() => Html.Element("p", Html.Class("warning"),
        "These runs come from different machines or builds. Compare figures within a run only.");

    static XElement Facts(MachineDescription machine, ReportContent content) => Html.Element("dl", Html.Class("facts"),
        Fact("Machine",
            $"{machine.Cores} × {machine.Cpu}, {AddressSpaceMap.Bytes((ulong)machine.MemoryBytes)}, {machine.Architecture}"),
        Fact("System", machine.Os),
        Fact("Runtime", machine.Runtime),
        Fact("Commit", Html.Element("code", machine.Commit ?? "not known to the build")),
        Fact("To reproduce", Commands(content, machine).Select(command => Html.Element("code", Html.Class("command"), command))));

    static IEnumerable<string> Commands(ReportContent content, MachineDescription machine) => content.Files
        .Where(file => file.Machine == machine)
        .Select(file => file.Command ?? $"{file.Source} does not say")
        .Append(content.Command)
        .Distinct();

    static XElement Fact(string name, params object?[] value) => Html.Element("div",
        Html.Element("dt", name), Html.Element("dd", value));
}
