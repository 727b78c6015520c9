using System.Globalization;
using System.Linq;
using System.Text.Json.Nodes;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Tests.Results;

/// <summary>Result documents, right in everything, for tests to change.</summary>
static class SampleResults
{
    internal static ResultVocabulary Vocabulary { get; } = new(
        ["sorted-array", "twin-trees", "slot-trie"],
        [new("map", "Map"), new("unmap", "Unmap"), new("move-active", "Move active"), new("setup", "Slot setup")],
        ["view", "x86"],
        2, 32764,
        [new SampleSubject()]);

    internal static ResultReader Reader { get; } = new(Vocabulary);

    internal static JsonObject Machine() => new()
    {
        ["os"] = "Test OS 1.0",
        ["cpu"] = "Test CPU",
        ["cores"] = 2,
        ["architecture"] = "x64",
        ["runtime"] = ".NET 10.0.0",
        ["memoryBytes"] = 8L << 30,
        ["commit"] = "0123456789abcdef0123456789abcdef01234567",
    };

    internal static JsonObject PerfRow(string test, int slots, string store, double seconds, long iterations = 400) => new()
    {
        ["test"] = test,
        ["slots"] = slots,
        ["store"] = store,
        ["secondsPerIteration"] = seconds,
        ["iterations"] = iterations,
        ["setupSeconds"] = 0.01,
        ["pages"] = 8193,
    };

    internal static JsonObject Perf(params JsonObject[] rows) => new()
    {
        ["schema"] = 1,
        ["complete"] = true,
        ["command"] = "kvmsharp perf --seconds 1",
        ["machine"] = Machine(),
        ["defaultStore"] = "slot-trie",
        ["baselineStore"] = "twin-trees",
        ["secondsPerTest"] = 1,
        ["runs"] = 1,
        ["results"] = new JsonArray([.. rows]),
        ["notPossible"] = new JsonArray(
            new JsonObject { ["test"] = "map", ["slots"] = 32764, ["reason"] = "8193 pages are too few" }),
    };

    /// <summary>The document of two ways to log and of a restore, whole.</summary>
    internal static JsonObject DirtyPerf() => new()
    {
        ["schema"] = 1,
        ["complete"] = true,
        ["command"] = "kvmsharp perf --test dirty-log,restore",
        ["machine"] = Machine(),
        ["megabytesPerVcpu"] = 64,
        ["slots"] = 2,
        ["vcpus"] = 2,
        ["writeFraction"] = 0.5,
        ["phases"] = new JsonArray(
            Phase("bitmap", "enable", null, 0.001),
            Phase("bitmap", "get", 16384, 0.003),
            Phase("manual", "enable", null, 0.0015),
            Phase("manual", "get", 16384, 0.00025),
            Phase("manual", "clear", 16384, 0.004),
            Phase("manual", "clear", 16384, 0.001),
            Phase("manual", "clear", 16384, 0.002),
            Phase("checkpoint", "take", 32768, 0.05),
            Phase("checkpoint", "restore", 1, 0.000002),
            Phase("checkpoint", "restore", 100, 0.00003)),
        ["stalls"] = new JsonArray(new JsonObject
        {
            ["test"] = "dirty-log",
            ["mode"] = "manual",
            ["cause"] = "write faults",
            ["count"] = 300,
            ["seconds"] = 0.25,
        }),
    };

    static JsonObject Phase(string mode, string phase, long? pages, double seconds) => new()
    {
        ["test"] = mode == "checkpoint" ? "restore" : "dirty-log",
        ["mode"] = mode,
        ["phase"] = phase,
        ["pages"] = pages,
        ["seconds"] = seconds,
    };

    internal static JsonObject ScaleRow(string operation, string design, long count, double? nanoseconds, double? bytes = null)
    {
        var row = new JsonObject
        {
            ["subject"] = "cabinets",
            ["operation"] = operation,
            ["design"] = design,
            ["count"] = count,
            ["default"] = design == "drawers",
        };
        if (nanoseconds is { } time)
        {
            row["nanoseconds"] = time;
            row["lowNanoseconds"] = time * 0.99;
            row["highNanoseconds"] = time * 1.01;
            row["samples"] = 100;
        }
        if (bytes is { } size)
            row["bytes"] = size;
        return row;
    }

    internal static JsonObject Scale(params JsonObject[] rows) => new()
    {
        ["schema"] = 1,
        ["complete"] = true,
        ["command"] = "kvmsharp scale cabinets",
        ["machine"] = Machine(),
        ["secondsPerCase"] = 0.1,
        ["results"] = new JsonArray([.. rows]),
        ["published"] = new JsonArray(new JsonObject
        {
            ["source"] = "1923, on cabinets",
            ["what"] = "an empty cabinet",
            ["unit"] = "bytes",
            ["published"] = 2456,
            ["computed"] = 1072.5,
        }),
    };

    /// <summary>The document of <see cref="SampleSubject"/>, whole.</summary>
    internal static JsonObject WholeScale() => Scale(
    [
        .. from operation in (string[])["find", "file"]
           from count in (long[])[1, 10, 100]
           from design in new SampleSubject().Designs
           select ScaleRow(operation, design, count, Cost(operation, design, count)),
        .. from count in (long[])[1, 10, 100]
           from design in new SampleSubject().Designs
           select ScaleRow("bytes", design, count, null, design == "heap" ? 0 : (count * 88) + 64),
    ]);

    /// <summary>The document of some tests, whole.</summary>
    internal static JsonObject WholePerf() => Perf(
    [
        .. from test in (string[])["map", "unmap", "move-active", "setup"]
           from slots in (int[])[10, 509, 32764]
           from store in (string[])["sorted-array", "twin-trees", "slot-trie"]
           select PerfRow(test, test == "map" && slots > 8194 ? 8194 : slots, store,
               (store == "sorted-array" ? 0.0123 : 0.00456) * test.Length * (1 + (slots / 1000.0))),
    ]);

    // A heap beats the drawers at one folder.
    static double Cost(string operation, string design, long count) =>
        (operation == "find" ? 3.25 : 71.5) * design switch { "drawers" => 2 + (count / 100.0), "heap" => count, _ => design.Length + count };

    internal static string Invariant(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
