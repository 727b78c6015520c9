using System;
using System.Collections.Generic;
using System.Globalization;

namespace KvmSharp.Cli.Conform.Random;

/// <summary>
/// Random lines about slots with pages of a file behind them: parts of two small files that meet, touch and lie in each other.
/// </summary>
/// <param name="random">What chooses.</param>
/// <param name="ids">Slots, which other lines are about too.</param>
/// <param name="place">Where in the guest a slot of so many pages goes.</param>
sealed class RandomGuestFiles(System.Random random, IReadOnlyList<int> ids, Func<ulong, string> place)
{
    const ulong PageSize = 4096;
    const int FilePages = 16;

    static readonly int[] _sizes = [1, 1, 2, 3, 4, 8, 15, 16, 17];

    // The slot last asked for.
    string? _slot;

    /// <summary>What a sequence begins with.</summary>
    internal static IEnumerable<string> Begin() => [Make("g0"), Make("g1")];

    /// <summary>Another line.</summary>
    internal string Next() => random.Next(20) switch
    {
        0 => $"memfd close {File()}",
        < 3 => Make(File()),
        3 => $"memfd {Pick("", "", "foreign ")}{File()} size={Pick("0", "1", "4K", "68K", "-4K", "1<<63", "(1<<63)-4K")} flags={Pick("0", "0", "1<<40", "1<<63")}",
        4 => $"memfd foreign {File()} size=64K",
        < 8 => $"{(random.Next(2) == 0 ? "slot2" : "slot")} {Id()}",
        // The same again, with other flags, or by the older call: such a slot stays as it is.
        < 11 when _slot is { } slot => $"{Pick("slot2", "slot2", "slot")} {slot} flags={Pick(0, 0, 1, 4, 4, 5)}",
        _ => Create(),
    };

    string Create()
    {
        int pages = Pick(_sizes);
        string size = Edge(30) ? Pick("1", "-4K") : Text($"{(ulong)pages * PageSize}");
        _slot = Text($"{Id()} gpa={(Edge(20) ? Pick("512", "1<<52", "(1<<52)-4K", "-4K") : place((ulong)pages))} size={size} hva=h+{(ulong)random.Next(64) * PageSize}");
        int offset = random.Next(4) == 0 ? 0 : random.Next(FilePages + 1);
        string from = Edge(20) ? Pick("512", "-4K", "-64K", "1<<63") : Text($"{(ulong)offset * PageSize}");
        string file = Edge(15) ? Pick("none", "kvm") : File();
        return $"slot2 {_slot} fd={file} offset={from} flags={(Edge(12) ? Pick(0, 1, 2, 3, 5, 6, 8, 12) : 4)}";
    }

    static string Make(string name) => Text($"memfd {name} size={FilePages * PageSize}");

    string File() => Pick("g0", "g1");

    // Few, so that slots with and without a file take each other's places.
    int Id() => ids[random.Next(Math.Min(ids.Count, 6))];

    bool Edge(int oneIn) => random.Next(oneIn) == 0;

    T Pick<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
