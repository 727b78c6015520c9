using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Costs;
using KvmSharp.Lab.Reports.Markup;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>Where a design on record beats the default: what a report of one's own making must not hide.</summary>
static class LeadSection
{
    internal static IEnumerable<PageSection> Create(IReadOnlyList<CostTopic> topics)
    {
        XElement[] lines = [.. topics.Select(Line).OfType<XElement>()];
        if (lines.Length > 0)
        {
            yield return new PageSection("leads", "Where another design beats the default",
                Html.Element("p",
                    "A point is an operation at a count. A difference counts when it is beyond noise: the ranges do not meet, "
                    + "and the values are more than 5 % apart, or 1 % where they were counted."),
                Html.Element("ul", lines));
        }
    }

    static XElement? Line(CostTopic topic, int index)
    {
        int points = Lead.CountContests(topic);
        if (points == 0)
            return null;
        Lead[] leads = [.. Lead.Of(topic)];
        int lost = leads.SelectMany(lead => lead.Counts.Select(count => (lead.Panel, count))).Distinct().Count();
        IEnumerable<string> winners = leads.GroupBy(lead => lead.Design)
            .Select(group => (Design: group.Key, Points: group.Sum(lead => lead.Counts.Count)))
            .OrderByDescending(winner => winner.Points)
            .Select(winner => $"{winner.Design} at {winner.Points}");
        return Html.Element("li",
            Html.Element("a", new XAttribute("href", $"#{CostSection.IdOf(index)}"), topic.Title.TrimEnd('.')),
            lost == 0
                ? $" – {topic.DefaultDesign} is beaten at none of {points} points."
                : $" – {topic.DefaultDesign} is beaten at {lost} of {points} points: by {string.Join(", ", winners)}.");
    }
}
