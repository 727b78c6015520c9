using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Iced.Intel;
using KvmSharp.Tests;
using KvmSharp.X86.Tests.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Simd;

/// <summary>
/// What x87, MMX and SSE made of fixed cases on a host whose CPU agreed, as a sum for each form: hosts that are no x86-64
/// have to come to the same.
/// </summary>
/// <remarks>Set <c>KVMSHARP_RECORD_ORACLE</c> on an x86-64 Linux host to record anew.</remarks>
public sealed class RecordedFloatTests(ITestOutputHelper output)
{
    const ulong Seed = 0x5eed;
    const int Runs = 128;
    const string File = "RecordedFloat.txt";

    [Theory]
    [InlineData((int)(StateGenerator.Parts.X87))]
    [InlineData((int)(StateGenerator.Parts.Mmx | StateGenerator.Parts.Vectors))]
    [InlineData((int)(StateGenerator.Parts.Vectors))]
    public void Results_are_those_that_were_recorded_beside_a_host(int parts)
    {
        StateGenerator.Parts drawn = (StateGenerator.Parts)parts;
        Code[] forms = [.. FloatForms.Of(drawn)];
        string path = Path.Combine(RepositoryRoot.Path, "tests/KvmSharp.X86.Tests/Simd", File);
        DifferentialRun run = new(output, drawn, Seed);
        if (Environment.GetEnvironmentVariable("KVMSHARP_RECORD_ORACLE") is { Length: > 0 })
        {
            Assert.True(run.TryRecord(forms, Runs), "no oracle here");
            SortedDictionary<string, ulong> all = Read(path);
            foreach ((string form, ulong sum) in run.Sums)
                all[form] = sum;
            System.IO.File.WriteAllLines(path, all.Select(pair => $"{pair.Key} {pair.Value:x16}"));
            return;
        }

        run.RunWithoutOracle(forms, Runs);
        SortedDictionary<string, ulong> recorded = Read(path);
        string[] differing = [.. run.Sums.Where(pair => recorded.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Key)];
        output.WriteLine($"{run.Sums.Count} forms, {run.Cases} cases");
        Assert.True(differing.Length == 0, $"not as recorded: {string.Join(", ", differing)}");
        Assert.NotEmpty(run.Sums);
    }

    static SortedDictionary<string, ulong> Read(string path)
    {
        SortedDictionary<string, ulong> sums = new(StringComparer.Ordinal);
        foreach (string line in System.IO.File.Exists(path) ? System.IO.File.ReadAllLines(path) : [])
        {
            string[] parts = line.Split(' ');
            sums[parts[0]] = ulong.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        return sums;
    }
}
