using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Costs;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>Where a design on record beats the default: what a report of one's own making must not hide.</summary>
static class LeadSection
{
    internal static IEnumerable<PageSection> Create(IReadOnlyList<CostTopic> topics)
    {
        (CostTopic Topic, Lead Lead)[] leads = [.. topics.SelectMany(topic => Lead.Of(topic).Select(lead => (topic, lead)))];
        int contests = topics.Sum(Lead.CountContests);
        if (contests == 0)
            yield break;
        int lost = topics.Sum(topic => Lead.Of(topic).SelectMany(lead => lead.Counts.Select(count => (lead.Panel, count))).Distinct().Count());
        yield return new PageSection("leads", "Where another design beats the default",
            Html.Element("p", string.Create(CultureInfo.InvariantCulture,
                $"Measured side by side with other designs at {contests} points – an operation at a count – the default is beaten ")
                + (lost == 0 ? "at none of them." : string.Create(CultureInfo.InvariantCulture, $"at {lost}."))
                + " A difference counts when it is beyond noise: the ranges do not meet and the values are more than 5 % apart, sizes 1 %."),
            leads.Length == 0 ? null : Html.Table("What beats it, and where",
                Html.Element("thead", Html.Element("tr",
                    Html.Column("operation"), Html.Column("design"), Html.Column("where"),
                    Html.Column(Html.Class("number"), "at best"), Html.Column(Html.Class("number"), "its cost"),
                    Html.Column(Html.Class("number"), "the default’s"))),
                leads.GroupBy(pair => pair.Lead.Panel).Select(group => Html.Element("tbody",
                    group.Select((pair, index) => Row(pair.Topic, pair.Lead, index == 0 ? group.Count() : 0))))));
    }

    // The operation stands once, before the designs that do better at it.
    static XElement Row(CostTopic topic, Lead lead, int rowsOfOperation) => Html.Element("tr",
        rowsOfOperation == 0 ? null : Html.Element("th",
            new XAttribute("scope", "rowgroup"), new XAttribute("rowspan", rowsOfOperation), lead.Panel.Name),
        Html.Element("td", lead.Design),
        Html.Element("td", $"{topic.Counted}: {string.Join(", ", lead.Counts.Select(count => count.ToString(CultureInfo.InvariantCulture)))}"),
        Html.Element("td", Html.Class("number"),
            $"{Quantity.FormatRatio(lead.Ratio)} × at {lead.Best.Count.ToString(CultureInfo.InvariantCulture)}"),
        Html.Element("td", Html.Class("number"), lead.Panel.Format(lead.Best.Cost.Value)),
        Html.Element("td", Html.Class("number"), lead.Panel.Format(lead.Default.Cost.Value)));
}
