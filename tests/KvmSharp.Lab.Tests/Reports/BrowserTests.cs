using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using KvmSharp.Lab.Tests.Results;
using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

/// <summary>The page as a browser shows it. KVMSHARP_SCREENSHOTS names a folder for what it saw.</summary>
public sealed class BrowserTests : IDisposable
{
    const int Desktop = 1280;
    const int Phone = 390;

    readonly string _folder = Directory.CreateTempSubdirectory("kvmsharp-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [BrowserFact]
    public async Task The_page_shows_at_every_width_and_in_every_scheme_and_prints()
    {
        string page = Path.Combine(_folder, "report.html");
        string text = SampleReport.Write(SampleReport.Content(SampleResults.WholePerf(), SampleResults.DirtyPerf(), SampleResults.WholeScale()));
        await File.WriteAllTextAsync(page, text);
        int elements = SampleReport.Parse(text).DescendantsAndSelf().Count();
        Keep("report.html", await File.ReadAllBytesAsync(page));
        await using Browser browser = await Browser.Launch(Browser.Find()!);
        var backgrounds = new List<string>();

        foreach ((int width, bool dark) in ((int, bool)[])[(Desktop, false), (Desktop, true), (Phone, false), (Phone, true)])
        {
            await browser.Show(page, width, dark);
            byte[] screenshot = await browser.Photograph();
            Keep($"{width}-{(dark ? "dark" : "light")}.png", screenshot);

            // Read as HTML it has the elements that it has as XML: none was opened, closed or moved by the browser.
            Assert.Equal(elements, (int)(await browser.Evaluate("document.querySelectorAll('*').length"))!);
            Assert.Equal(width, (int)(await browser.Evaluate("document.documentElement.scrollWidth"))!);
            Assert.Equal("", (string?)await browser.Evaluate(TextBeyondItsPicture));
            // A page that shows nothing is the same line over and over.
            Assert.InRange(Png.CountDifferentLines(screenshot), 500, int.MaxValue);
            backgrounds.Add((string)(await browser.Evaluate("getComputedStyle(document.body).backgroundColor"))!);
        }
        byte[] printed = await browser.Print();
        Keep("printed.pdf", printed);

        Assert.StartsWith("%PDF", Encoding.ASCII.GetString(printed, 0, 4), StringComparison.Ordinal);
        Assert.Equal([backgrounds[0], backgrounds[1], backgrounds[0], backgrounds[1]], backgrounds);
        Assert.NotEqual(backgrounds[0], backgrounds[1]);
        Assert.Empty(browser.Seen("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded").Select(Text));
        Assert.All(
            browser.Seen("Network.requestWillBeSent").Select(request => (string)request["request"]!["url"]!),
            url => Assert.True(url.StartsWith("file:", StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal), url));
    }

    // What stands in pictures must not be cut off, nor lie over other text; the first that does, in words.
    const string TextBeyondItsPicture = """
        (() => {
          for (const svg of document.querySelectorAll('svg[role=img]')) {
            const frame = svg.getBoundingClientRect();
            const texts = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
            for (const [text, box] of texts) {
              if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
                return `${text} leaves its picture`;
              for (const [other, theirs] of texts)
                if (theirs !== box && box.left < theirs.right - 1 && theirs.left < box.right - 1
                    && box.top < theirs.bottom - 3 && theirs.top < box.bottom - 3)
                  return `${text} lies over ${other}`;
            }
          }
          return '';
        })()
        """;

    static string Text(JsonNode message) => message.ToJsonString();

    static void Keep(string name, byte[] content)
    {
        if (Environment.GetEnvironmentVariable("KVMSHARP_SCREENSHOTS") is { Length: > 0 } folder)
            File.WriteAllBytes(Path.Combine(folder, name), content);
    }
}
