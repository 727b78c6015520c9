using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Costs;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Reports.Sections;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports;

/// <summary>A report as one page of HTML that needs nothing else: no network, no script, no other file.</summary>
public static class ReportPage
{
    const string StyleSheet = "KvmSharp.Lab.Reports.report.css";
    const string Title = "What each design costs";

    /// <summary>Writes the page.</summary>
    /// <param name="content">What it shows.</param>
    /// <param name="writer">Where to; UTF-8 when it becomes a file. Closed by the caller.</param>
    public static void Write(ReportContent content, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(writer);
        HtmlDocument.Write(Compose(content), writer);
    }

    internal static XElement Compose(ReportContent content)
    {
        CostTopic[] topics = [.. TellApart(content.Files.SelectMany(file => CostTopic.Of(file, content.Vocabulary)))];
        PageSection[] sections =
        [
            .. LeadSection.Create(topics),
            .. RecordSection.Create(content.Files.OfType<PerfFile>(), content.Vocabulary),
            .. content.Files.OfType<DirtyPerfFile>().SelectMany(PhaseSection.Create),
            .. topics.Select((topic, index) => CostSection.Create(topic, index)),
            .. PublishedSection.Create(content.Files.OfType<ScaleFile>()),
            .. content.Map is { } map ? (PageSection[])[MapSection.Create(map)] : [],
            ReadingSection.Create(),
        ];
        return Html.Element("html", new XAttribute("lang", "en"),
            Html.Element("head",
                Html.Element("meta", new XAttribute("charset", "utf-8")),
                Meta("viewport", "width=device-width, initial-scale=1"),
                Meta("color-scheme", "light dark"),
                Html.Element("title", $"KvmSharp: {Title}"),
                // An icon of nothing: without one a browser asks the network.
                Html.Element("link", new XAttribute("rel", "icon"), new XAttribute("href", "data:,")),
                Html.Element("style", ReadStyleSheet())),
            Html.Element("body",
                PageHead.Create(Title, content),
                Contents(sections),
                Html.Element("main", sections.Select(section => section.Draw()))));
    }

    // Of two runs of the same, each is named after its file.
    static IEnumerable<CostTopic> TellApart(IEnumerable<CostTopic> topics) =>
        topics.GroupBy(topic => topic.Title).SelectMany(group => group.Count() == 1
            ? group
            : group.Select(topic => topic with { Title = $"{topic.Title.TrimEnd('.')} ({topic.File.Source})" }));

    static XElement Meta(string name, string content) =>
        Html.Element("meta", new XAttribute("name", name), new XAttribute("content", content));

    static XElement Contents(IEnumerable<PageSection> sections) => Html.Element("nav",
        new XAttribute("aria-label", "Contents"),
        Html.Element("ul", sections.Select(section => Html.Element("li",
            Html.Element("a", new XAttribute("href", $"#{section.Id}"), section.Heading)))));

    static string ReadStyleSheet()
    {
        using Stream stream = typeof(ReportPage).Assembly.GetManifestResourceStream(StyleSheet)
            ?? throw new InvalidOperationException($"{StyleSheet} is not in the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
