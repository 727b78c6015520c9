using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>The phases of a migration, mode by mode, and how long vCPUs were held back in each.</summary>
static class PhaseSection
{
    /// <summary>The section of a run; none where nothing was logged in it.</summary>
    internal static IEnumerable<PageSection> Create(DirtyPerfFile file, int index)
    {
        DirtyPhaseFigure[] phases = [.. file.Phases.Where(phase => phase.Mode != DirtyPerfFile.CheckpointMode)];
        string[] modes = [.. phases.Select(phase => phase.Mode).Distinct()];
        if (phases.Length > 0)
        {
            yield return new PageSection(
                string.Create(CultureInfo.InvariantCulture, $"phases-{index + 1}"),
                "Dirty logging: the phases of a migration",
                Html.Element("p", Introduction(file.Load)),
                Phases(phases, modes),
                Stalls(file, modes));
        }
    }

    static string Introduction(DirtyPerfLoad load)
    {
        string slots = load.Slots == 1 ? "1 slot" : string.Create(CultureInfo.InvariantCulture, $"{load.Slots:#,0} slots");
        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"{load.Vcpus} × {load.MegabytesPerVcpu} MiB in {slots}, {load.WriteFraction * 100:0.##} % of the pages written.");
        return $"{what} Of a phase that comes several times stands the median, and below it the shortest and the longest time.";
    }

    static XElement Phases(DirtyPhaseFigure[] phases, string[] modes) => Html.Table(
        "Phases of dirty logging by mode",
        Html.Element("thead", Html.Element("tr", Html.Column("phase"), modes.Select(Html.NumberColumn))),
        Html.Element("tbody", InOrder(phases).Select(name => Html.Element("tr",
            Html.Row(name),
            modes.Select(mode => Html.Number(
                phases.FirstOrDefault(phase => phase.Phase == name && phase.Mode == mode) is { } phase ? Cell(phase) : "–"))))));

    // No mode has all phases: each stands where it comes last.
    static IEnumerable<string> InOrder(DirtyPhaseFigure[] phases) => phases
        .GroupBy(phase => phase.Mode).SelectMany(mode => mode.Select((phase, index) => (Name: phase.Phase, Index: index)))
        .GroupBy(phase => phase.Name).OrderBy(places => places.Max(place => place.Index)).Select(places => places.Key);

    static IEnumerable<XElement> Cell(DirtyPhaseFigure phase)
    {
        Estimate time = phase.Estimate;
        yield return Html.Data(time.Value / 1e9, Quantity.FormatTime(time.Value));
        if (phase.Seconds.Count > 1)
            yield return Html.Element("small", $"{Quantity.FormatTime(time.Low)} – {Quantity.FormatTime(time.High)}");
        if (phase.Pages is { } pages)
            yield return Html.Element("small", string.Create(CultureInfo.InvariantCulture, $"{pages:#,0} pages"));
    }

    static XElement? Stalls(DirtyPerfFile file, string[] modes)
    {
        DirtyStallFigure[] stalls = [.. file.Stalls.Where(stall => stall.Count != 0 && modes.Contains(stall.Mode))];
        return stalls.Length == 0 ? null : Html.Table(
            "How often and how long vCPUs were held back by logging",
            Html.Element("thead", Html.Element("tr", Html.Column("vCPUs held back by"), modes.Select(Html.NumberColumn))),
            Html.Element("tbody", stalls.Select(stall => stall.Cause).Distinct().Select(cause => Html.Element("tr",
                Html.Row(cause),
                modes.Select(mode => Html.Number(
                    stalls.FirstOrDefault(stall => stall.Cause == cause && stall.Mode == mode) is { } stall ? Cell(stall) : "–"))))));
    }

    static IEnumerable<XElement> Cell(DirtyStallFigure stall)
    {
        yield return Html.Data(stall.Seconds, Quantity.FormatTime(stall.Seconds * 1e9));
        yield return Html.Element("small", string.Create(CultureInfo.InvariantCulture, $"{stall.Count:#,0} times"));
    }
}
