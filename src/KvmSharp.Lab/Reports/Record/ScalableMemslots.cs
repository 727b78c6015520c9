using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Lab.Reports.Record;

/// <summary>
/// The table with which "KVM: Scalable memslots implementation" (version 4, 2021) showed what KVM gained by keeping slots in
/// trees rather than in one sorted array, as it was published.
/// </summary>
static class ScalableMemslots
{
    internal const string Source = "KVM: Scalable memslots implementation, v4 (2021), on a Xeon 8167M";

    /// <summary>The store that is most like what KVM had before.</summary>
    internal const string Before = "sorted-array";

    /// <summary>The rows, by test and slots in use.</summary>
    internal static IReadOnlyList<PublishedRow> Rows { get; } =
    [
        .. Table(509, "0.0232s 0.0223s 4%", "0.0724s 0.0315s 56%", "0.00155s 0.000869s 44%",
            "0.000101s 0.0000792s 22%", "0.000108s 0.0000847s 21%", "0.0135s 0.00803s 41%"),
        .. Table(100, "0.0195s 0.0191s None", "0.0374s 0.0312s 17%", "0.000470s 0.000447s 5%",
            "0.0000956s 0.0000800s 16%", "0.000101s 0.0000840s 17%", "0.00260s 0.00174s 33%"),
        .. Table(50, "0.0192s 0.0190s None", "0.0339s 0.0311s 8%", "0.000399s 0.000395s None",
            "0.0000999s 0.0000854s 15%", "0.0000992s 0.0000826s 17%", "0.00141s 0.000990s 30%"),
        .. Table(30, "0.0192s 0.0190s None", "0.0325s 0.0310s 5%", "0.000373s 0.000373s None",
            "0.000100s 0.0000865s 14%", "0.000106s 0.0000918s 13%", "0.000989s 0.000775s 22%"),
        .. Table(10, "0.0192s 0.0186s 3%", "0.0313s 0.0310s None", "0.000348s 0.000351s None",
            "0.000110s 0.0000948s 14%", "0.000111s 0.0000933s 16%", "0.000342s 0.000283s 17%"),
        // "32k slots", but for the map test, which had its most.
        new("map", 8194, "0.200s", "0.0541s", "73%"),
        .. Table(32764, null, "3.88s 0.0351s 99%", "3.88s 0.0348s 99%",
            "0.00142s 0.0000786s 94%", "0.00148s 0.0000880s 94%", "16.1s 0.59s 96%"),
    ];

    internal static PublishedRow? Find(string test, int slots) =>
        Rows.FirstOrDefault(row => row.Test == test && row.Slots == slots);

    // In the order of the published tables.
    static IEnumerable<PublishedRow> Table(
        int slots, string? map, string unmap, string unmapChunked, string moveActive, string moveInactive, string setup)
    {
        (string Test, string? Figures)[] rows =
        [
            ("map", map), ("unmap", unmap), ("unmap-chunked", unmapChunked),
            ("move-active", moveActive), ("move-inactive", moveInactive), ("setup", setup),
        ];
        return rows.Where(row => row.Figures is not null).Select(row =>
        {
            string[] figures = row.Figures!.Split(' ');
            return new PublishedRow(row.Test, slots, figures[0], figures[1], figures[2]);
        });
    }
}

/// <summary>A row, as it was printed.</summary>
/// <param name="Test">The test, by the name it has here.</param>
/// <param name="Slots">Slots in use.</param>
/// <param name="Before">Time with the sorted array.</param>
/// <param name="After">Time with the trees.</param>
/// <param name="Improvement">How much less that is.</param>
sealed record PublishedRow(string Test, int Slots, string Before, string After, string Improvement);
