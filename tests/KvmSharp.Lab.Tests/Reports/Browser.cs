using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

namespace KvmSharp.Lab.Tests.Reports;

/// <summary>A browser without a window, driven over its DevTools protocol.</summary>
sealed class Browser : IAsyncDisposable
{
    const string Announcement = "DevTools listening on ";
    static readonly string[] _programs = ["chromium", "chromium-browser", "google-chrome"];
    static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    readonly Process _process;
    readonly string _profile;
    readonly CancellationTokenSource _deadline = new(_patience);
    readonly ClientWebSocket _socket = new();
    readonly List<JsonNode> _events = [];
    string _session = "";
    int _lastId;

    Browser(Process process, string profile)
    {
        _process = process;
        _profile = profile;
    }

    /// <summary>The path of a browser; null where there is none.</summary>
    internal static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => _programs.Select(program => Path.Combine(folder, program)))
        .FirstOrDefault(File.Exists);

    /// <summary>Starts a browser with an empty page.</summary>
    internal static async Task<Browser> Launch(string program)
    {
        string profile = Directory.CreateTempSubdirectory("kvmsharp-browser-").FullName;
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        // No sandbox: tests may run as root, and the page is our own.
        foreach (string argument in (string[])["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--remote-debugging-port=0", $"--user-data-dir={profile}", "about:blank"])
        {
            start.ArgumentList.Add(argument);
        }
        var browser = new Browser(Process.Start(start)!, profile);
        try
        {
            await browser.Connect();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a command and waits for its result.</summary>
    internal async Task<JsonNode> Send(string method, JsonObject? parameters = null)
    {
        int id = ++_lastId;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session.Length > 0)
            message["sessionId"] = _session;
        await _socket.SendAsync(
            System.Text.Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, _deadline.Token);
        while (true)
        {
            JsonNode answer = await Receive();
            if ((int?)answer["id"] != id)
                _events.Add(answer);
            else
                return answer["result"] ?? throw new InvalidOperationException($"{method}: {answer["error"]?.ToJsonString()}");
        }
    }

    /// <summary>Waits for an event that has come or will come, and takes it.</summary>
    internal async Task<JsonNode> WaitFor(string method)
    {
        while (true)
        {
            if (_events.Find(known => (string?)known["method"] == method) is { } found)
            {
                _events.Remove(found);
                return found["params"]!;
            }
            _events.Add(await Receive());
        }
    }

    /// <summary>The parameters of events of some kinds that have come so far.</summary>
    internal IEnumerable<JsonNode> Seen(params string[] methods) => _events
        .Where(known => methods.Contains((string?)known["method"])).Select(known => known["params"]!);

    /// <summary>The value of an expression in the page.</summary>
    internal async Task<JsonNode?> Evaluate(string expression) =>
        (await Send("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true }))["result"]!["value"];

    /// <summary>Shows a page at a width, in a colour scheme.</summary>
    internal async Task Show(string path, int width, bool dark)
    {
        await Send("Emulation.setDeviceMetricsOverride",
            new JsonObject { ["width"] = width, ["height"] = 1000, ["deviceScaleFactor"] = 1, ["mobile"] = width < 600 });
        await Send("Emulation.setEmulatedMedia", new JsonObject
        {
            ["features"] = new JsonArray(
                new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }),
        });
        await Send("Page.navigate", new JsonObject { ["url"] = new Uri(path).AbsoluteUri });
        await WaitFor("Page.loadEventFired");
    }

    /// <summary>The page as it looks, as a PNG.</summary>
    internal async Task<byte[]> Photograph() => Convert.FromBase64String((string)(await Send(
        "Page.captureScreenshot", new JsonObject { ["captureBeyondViewport"] = true, ["format"] = "png" }))["data"]!);

    /// <summary>The page as it is printed, as a PDF.</summary>
    internal async Task<byte[]> Print() => Convert.FromBase64String((string)(await Send(
        "Page.printToPDF", new JsonObject { ["printBackground"] = true }))["data"]!);

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _deadline.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException)
        {
            // A process of the browser may still be letting go of it; it is a temporary folder.
        }
    }

    async Task Connect()
    {
        var announced = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                announced.TrySetException(new InvalidOperationException("the browser ended before it could be reached"));
            else if (line.Data.StartsWith(Announcement, StringComparison.Ordinal))
                announced.TrySetResult(line.Data[Announcement.Length..]);
        };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        string address = await announced.Task.WaitAsync(_deadline.Token);
        await _socket.ConnectAsync(new Uri(address), _deadline.Token);
        JsonNode targets = await Send("Target.getTargets");
        string page = (string)targets["targetInfos"]!.AsArray().First(target => (string?)target!["type"] == "page")!["targetId"]!;
        JsonNode attached = await Send("Target.attachToTarget", new JsonObject { ["targetId"] = page, ["flatten"] = true });
        _session = (string)attached["sessionId"]!;
        foreach (string domain in (string[])["Page", "Runtime", "Log", "Network"])
            await Send($"{domain}.enable");
    }

    async Task<JsonNode> Receive()
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, _deadline.Token);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!;
    }
}
