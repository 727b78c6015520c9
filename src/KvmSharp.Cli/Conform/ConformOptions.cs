using System.Collections.Generic;
using KvmSharp.Cli.Conform.Random;

namespace KvmSharp.Cli.Conform;

/// <summary>Which machines a file is run on.</summary>
enum ConformBackend
{
    Soft,
    Kvm,
    Both,
}

/// <summary>What to compare, read from the command line and checked.</summary>
sealed record ConformOptions
{
    internal static IReadOnlyList<string> BackendNames { get; } = ["soft", "kvm", "both"];

    internal required IReadOnlyList<string> Files { get; init; }

    /// <summary>Where nothing is chosen: both where there is <c>/dev/kvm</c>, ours elsewhere.</summary>
    internal ConformBackend? Backend { get; init; }

    /// <summary>Random operations to run; none when files are given.</summary>
    internal long RandomOperations { get; init; }

    internal long? Seed { get; init; }

    internal IReadOnlyList<OperationFamily> Families { get; init; } = OperationFamilies.All;

    /// <summary>Where a file that reproduces a difference goes.</summary>
    internal string Reproducer { get; init; } = "difference.kvm";
}
