using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using KvmSharp.Backends;
using KvmSharp.X86;

namespace KvmSharp.Cli.Run;

/// <summary>What the machine did, for a reader: a line a figure.</summary>
/// <param name="vcpus">The vCPUs, at rest.</param>
/// <param name="exits">Exits of each.</param>
/// <param name="elapsed">How long they ran.</param>
sealed class RunStatistics(IVcpu[] vcpus, ExitCounts[] exits, TimeSpan elapsed)
{
    const string Gap = "  ";

    readonly List<(string Name, string Value)> _lines = [];

    internal void Write(TextWriter writer)
    {
        _lines.Clear();
        Add("seconds", elapsed.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture));
        AddExecution();
        foreach ((string reason, long count) in ExitCounts.Sum(exits))
            Add($"exits, {reason}", count);
        int width = _lines.Max(line => line.Name.Length);
        int values = _lines.Max(line => line.Value.Length);
        foreach ((string name, string value) in _lines)
            writer.WriteLine($"{name.PadRight(width)}{Gap}{value.PadLeft(values)}");
    }

    // Hardware does not count for us.
    void AddExecution()
    {
        CpuStatistics[] all = [.. vcpus.OfType<SoftwareVcpu>().Select(vcpu => vcpu.Statistics)];
        if (all.Length == 0)
            return;
        long instructions = all.Sum(cpu => cpu.Instructions);
        long lookups = all.Sum(cpu => cpu.BlockLookups);
        long tlbMisses = all.Sum(cpu => cpu.TlbMisses);
        Add("instructions", instructions);
        Add("MIPS", (instructions / elapsed.TotalSeconds / 1e6).ToString("0.0", CultureInfo.InvariantCulture));
        Add("blocks decoded", all.Sum(cpu => cpu.Blocks));
        Add("blocks translated", all.Sum(cpu => cpu.BlocksTranslated));
        Add("block lookups", lookups);
        Add("block cache hits", Percentage(lookups - all.Sum(cpu => cpu.BlockMisses), lookups));
        Add("code pages discarded", all.Sum(cpu => cpu.CodeInvalidations));
        Add("TLB misses", tlbMisses);
        Add("instructions without", Percentage(instructions - tlbMisses, instructions));
        Add("page walks", all.Sum(cpu => cpu.PageWalks));
        Add("exceptions", all.Sum(cpu => cpu.Exceptions));
        Add("interrupts", all.Sum(cpu => cpu.Interrupts));
        Add("unknown instructions", all.Sum(cpu => cpu.UnknownInstructions));
        foreach (string unknown in all.Select(cpu => cpu.LastUnknownInstruction).OfType<string>().Distinct())
            Add("unknown, the last", unknown);
    }

    void Add(string name, long value) => Add(name, value.ToString("#,0", CultureInfo.InvariantCulture));

    void Add(string name, string value) => _lines.Add((name, value));

    static string Percentage(long part, long whole) =>
        whole == 0 ? "-" : (100.0 * part / whole).ToString("0.000", CultureInfo.InvariantCulture) + " %";
}
