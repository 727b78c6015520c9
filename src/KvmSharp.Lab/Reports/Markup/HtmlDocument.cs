using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace KvmSharp.Lab.Reports.Markup;

/// <summary>Writes a tree as a page that is HTML to a browser and well-formed XML to everything else.</summary>
static class HtmlDocument
{
    const char Replacement = '\uFFFD';

    // Elements that never have content, and no end tag in HTML.
    static readonly HashSet<string> _void =
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

    /// <summary>Writes the page.</summary>
    /// <param name="root">The root element; what XML cannot hold is replaced in it.</param>
    /// <param name="writer">Where to; closed by the caller.</param>
    internal static void Write(XElement root, TextWriter writer)
    {
        foreach (XElement element in root.DescendantsAndSelf())
            Prepare(element);
        writer.Write("<!DOCTYPE html>\n");
        var settings = new XmlWriterSettings
        {
            OmitXmlDeclaration = true,
            NewLineHandling = NewLineHandling.None,
            CloseOutput = false,
        };
        using (var xml = XmlWriter.Create(writer, settings))
            root.WriteTo(xml);
        writer.Write('\n');
    }

    static void Prepare(XElement element)
    {
        foreach (XAttribute attribute in element.Attributes())
        {
            if (!attribute.IsNamespaceDeclaration)
                attribute.Value = Representable(attribute.Value);
        }
        foreach (XText text in element.Nodes().OfType<XText>())
            text.Value = Representable(text.Value);
        // A browser takes the short form of an empty element for its beginning alone.
        if (element.IsEmpty && element.Name.Namespace == Html.Namespace && !_void.Contains(element.Name.LocalName))
            element.Value = "";
    }

    // Control characters and halves of surrogate pairs have no place in XML, not even escaped.
    static string Representable(string value)
    {
        StringBuilder? text = null;
        for (int index = 0; index < value.Length; index++)
        {
            if (XmlConvert.IsXmlChar(value[index]))
                continue;
            if (index + 1 < value.Length && XmlConvert.IsXmlSurrogatePair(value[index + 1], value[index]))
                index++;
            else
                (text ??= new StringBuilder(value))[index] = Replacement;
        }
        return text?.ToString() ?? value;
    }
}
