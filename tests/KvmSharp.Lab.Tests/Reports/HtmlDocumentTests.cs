using System.IO;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Markup;
using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

public class HtmlDocumentTests
{
    const string Begin = "<!DOCTYPE html>\n<p xmlns=\"http://www.w3.org/1999/xhtml\"";

    [Fact]
    public void Only_elements_without_content_by_nature_are_closed_where_they_open() => Assert.Equal(
        Begin + "><b></b><br /><svg xmlns=\"http://www.w3.org/2000/svg\"><path /></svg></p>\n",
        Write(Html.Element("p", Html.Element("b"), Html.Element("br"), Svg.Element("svg", Svg.Element("path")))));

    [Fact]
    public void Text_is_text_in_content_and_in_attributes() => Assert.Equal(
        Begin + "><b class=\"&lt;&quot;&amp;'\">&lt;i&gt;&amp;amp;</b></p>\n",
        Write(Html.Element("p", Html.Element("b", Html.Class("<\"&'"), "<i>&amp;"))));

    [Fact]
    public void What_xml_cannot_hold_is_replaced_and_pairs_of_surrogates_stay()
    {
        string text = "a\0b" + '\ud800' + "c" + '\udc00' + "d\U0001F600\uffff";

        Assert.Equal(Begin + ">a\ufffdb\ufffdc\ufffdd\U0001F600\ufffd</p>\n", Write(Html.Element("p", text)));
    }

    static string Write(XElement root)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        HtmlDocument.Write(root, writer);
        return writer.ToString();
    }
}
