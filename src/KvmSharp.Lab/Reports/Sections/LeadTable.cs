using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Costs;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>The operations and counts at which a design beats the default, one by one.</summary>
static class LeadTable
{
    /// <summary>The table, behind a line that opens it; none where nothing beats the default.</summary>
    internal static XElement? Create(CostTopic topic)
    {
        Lead[] leads = [.. Lead.Of(topic)];
        return leads.Length == 0 ? null : Html.Element("details", Html.Class("leads"),
            Html.Element("summary", $"Where another design beats {topic.DefaultDesign}"),
            Html.Table($"What beats {topic.DefaultDesign}, and where",
                Html.Element("thead", Html.Element("tr",
                    Html.Column("operation"), Html.Column("design"), Html.Column("where"),
                    Html.NumberColumn("at best"), Html.NumberColumn("its cost"), Html.NumberColumn($"{topic.DefaultDesign}’s"))),
                leads.GroupBy(lead => lead.Panel).Select(group => Html.Element("tbody",
                    group.Select((lead, index) => Row(lead, index == 0 ? group.Count() : 0))))));
    }

    // The operation stands once, before the designs that do better at it.
    static XElement Row(Lead lead, int rowsOfOperation) => Html.Element("tr",
        rowsOfOperation == 0 ? null : Html.Element("th",
            new XAttribute("scope", "rowgroup"), new XAttribute("rowspan", rowsOfOperation), lead.Panel.Name),
        Html.Element("td", lead.Design),
        Html.Element("td", Html.Class("text"), $"{lead.Panel.Counted}: {string.Join(", ", lead.Counts)}"),
        Html.Number($"{Quantity.FormatRatio(lead.Ratio)} × at {lead.Best.Count}"),
        Html.Number(lead.Panel.Format(lead.Best.Cost.Value)),
        Html.Number(lead.Panel.Format(lead.Default.Cost.Value)));
}
