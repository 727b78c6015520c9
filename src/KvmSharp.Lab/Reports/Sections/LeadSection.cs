using System.Collections.Generic;
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
        int contests = topics.Sum(Lead.CountContests);
        if (contests == 0)
            yield break;
        (CostTopic Topic, Lead Lead)[] leads = [.. topics.SelectMany(topic => Lead.Of(topic).Select(lead => (topic, lead)))];
        int lost = leads
            .SelectMany(pair => pair.Lead.Counts.Select(count => (pair.Topic, pair.Lead.Panel, count)))
            .Distinct().Count();
        yield return new PageSection("leads", "Where another design beats the default",
            Html.Element("p",
                $"Measured beside other designs at {contests} points – an operation at a count – the default is beaten at ",
                lost == 0 ? "none of them" : $"{lost}",
                ". A difference counts when it is beyond noise: the ranges do not meet, and the values are more than 5 % "
                + "apart, or 1 % where they were counted."),
            leads.Length == 0 ? null : Table(leads));
    }

    static XElement Table((CostTopic Topic, Lead Lead)[] leads) => Html.Table("What beats it, and where",
        Html.Element("thead", Html.Element("tr",
            Html.Column("operation"), Html.Column("design"), Html.Column("where"),
            Html.NumberColumn("at best"), Html.NumberColumn("its cost"), Html.NumberColumn("the default’s"))),
        leads.GroupBy(pair => pair.Lead.Panel).Select(group => Html.Element("tbody",
            group.Select((pair, index) => Row(pair.Lead, index == 0 ? group.Count() : 0)))));

    // The operation stands once, before the designs that do better at it.
    static XElement Row(Lead lead, int rowsOfOperation) => Html.Element("tr",
        rowsOfOperation == 0 ? null : Html.Element("th",
            new XAttribute("scope", "rowgroup"), new XAttribute("rowspan", rowsOfOperation), lead.Panel.Name),
        Html.Element("td", lead.Design),
        Html.Element("td", $"{lead.Panel.Counted}: {string.Join(", ", lead.Counts)}"),
        Html.Number($"{Quantity.FormatRatio(lead.Ratio)} × at {lead.Best.Count}"),
        Html.Number(lead.Panel.Format(lead.Best.Cost.Value)),
        Html.Number(lead.Panel.Format(lead.Default.Cost.Value)));
}
