using System.Xml.Linq;
using KvmSharp.Lab.Reports.Markup;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>A part of the page that the contents name.</summary>
/// <param name="Id">Unique in the page.</param>
/// <param name="Heading">Its heading.</param>
/// <param name="Content">What stands below.</param>
sealed record PageSection(string Id, string Heading, params object?[] Content)
{
    internal XElement Draw() => Html.Element("section", Html.Id(Id), Html.Element("h2", Heading), Content);
}
