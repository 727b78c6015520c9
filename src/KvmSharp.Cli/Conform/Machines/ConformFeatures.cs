using System;
using System.Collections.Generic;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>The features by the names that conform files use.</summary>
static class ConformFeatures
{
    static readonly Dictionary<string, ConformFeature> _all = new(StringComparer.Ordinal)
    {
        ["generation"] = ConformFeature.Generation,
        ["spaces"] = ConformFeature.Spaces,
        ["gpa52"] = ConformFeature.Gpa52,
        ["raw"] = ConformFeature.Raw,
        ["guest-memfd"] = ConformFeature.GuestMemfd,
        ["guest-memfd-flags"] = ConformFeature.GuestMemfdFlags,
        ["cpu"] = ConformFeature.Cpu,
        ["emulated"] = ConformFeature.Emulated,
        ["ioevent"] = ConformFeature.Ioevent,
        ["irqchip"] = ConformFeature.Irqchip,
        ["in-service"] = ConformFeature.InService,
        ["coalesced"] = ConformFeature.Coalesced,
    };

    internal static IEnumerable<string> Names => _all.Keys;

    internal static bool TryParse(string name, out ConformFeature feature) => _all.TryGetValue(name, out feature);

    internal static string NameOf(ConformFeature feature)
    {
        foreach ((string name, ConformFeature known) in _all)
        {
            if (known == feature)
                return name;
        }
        return "nothing";
    }
}
