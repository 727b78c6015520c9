using System.Globalization;

namespace KvmSharp.Cli.Tests;

/// <summary>A result file of perf with one row, as it is written.</summary>
static class PerfResults
{
    internal static string With(string store, int slots, double seconds, string cpu = "CPU") => string.Create(
        CultureInfo.InvariantCulture, $$"""
        {
          "schema": 1, "complete": true,
          "machine": { "os": "OS", "cpu": "{{cpu}}", "cores": 2, "architecture": "x64", "runtime": ".NET", "memoryBytes": 1 },
          "defaultStore": "slot-trie", "baselineStore": "twin-trees", "secondsPerTest": 1, "runs": 1,
          "results": [
            { "test": "unmap", "slots": {{slots}}, "store": "{{store}}", "secondsPerIteration": {{seconds}}, "iterations": 400 }
          ],
          "notPossible": []
        }
        """);
}
