using System;
using System.IO;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using KvmSharp.Lab.Reports;
using KvmSharp.Lab.Reports.AddressSpace;
using KvmSharp.Lab.Results;
using KvmSharp.Lab.Tests.Results;

namespace KvmSharp.Lab.Tests.Reports;

/// <summary>Reports of documents made for tests.</summary>
static class SampleReport
{
    static readonly Lazy<AddressSpaceSnapshot> _map = new(() =>
    {
        using var demonstration = DemonstrationMachine.Run();
        return demonstration.Snapshot();
    });

    /// <summary>A machine's address space, the same in every report.</summary>
    internal static AddressSpaceSnapshot Map => _map.Value;

    internal static ReportContent Content(params JsonObject[] documents) => new(
        Array.ConvertAll(documents, document => SampleResults.Reader.Read("sample.json", document.ToJsonString())),
        SampleResults.Vocabulary,
        new DateTimeOffset(2026, 11, 21, 13, 14, 0, TimeSpan.Zero),
        "kvmsharp report sample.json",
        new MachineDescription("Test OS 1.0", "Test CPU", 2, "x64", ".NET 10.0.0", 8L << 30),
        Map);

    internal static string Write(ReportContent content)
    {
        using var writer = new StringWriter();
        ReportPage.Write(content, writer);
        return writer.ToString();
    }

    /// <summary>The page, read as XML by a reader that knows nothing of it.</summary>
    internal static XElement Parse(string page) => XDocument.Parse(page, LoadOptions.PreserveWhitespace).Root!;

    internal static XElement Compose(params JsonObject[] documents) => Parse(Write(Content(documents)));
}
