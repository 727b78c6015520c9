using KvmSharp.Lab.Reports.Markup;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>How to read the page.</summary>
static class ReadingSection
{
    internal static PageSection Create() => new("reading", "How to read this",
        Html.Element("ul",
            Html.Element("li",
                "Figures of one run were measured on one machine, the designs taking turns. Compare within a run."),
            Html.Element("li",
                "Both axes of every chart are logarithmic: a straight line that rises is a power of the count, a level one "
                + "a cost that does not grow."),
            Html.Element("li", "The thick line is the default: what a machine gets when nothing is chosen."),
            Html.Element("li",
                "A median is trusted between its quartiles, a mean of n iterations within ± 50 %/√n."),
            Html.Element("li",
                "Pointing at a mark shows its figure. Below each chart stand all of them, with the quartiles or the number "
                + "of iterations.")));
}
