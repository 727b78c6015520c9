using System;
using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Tests.Vcpus;

/// <summary>Ways to number vCPUs.</summary>
static class IdNumbering
{
    const int Seed = 7;

    public static IReadOnlyDictionary<string, Func<int, uint[]>> All { get; } = new Dictionary<string, Func<int, uint[]>>
    {
        ["as indices"] = count => Ids(count, index => index),
        ["from 3072"] = count => Ids(count, index => 3072 + index),
        ["six cores in eight"] = count => Ids(count, index => index / 6 * 8 + index % 6),
        ["one core in sixteen"] = count => Ids(count, index => index * 16),
        ["downwards"] = count => Ids(count, index => 4095 - index),
        ["shuffled"] = count => Shuffled(Ids(count, index => index)),
        ["scattered below 2^20"] = count => Scattered(count, 1 << 20),
        ["boot vCPU apart"] = count => Ids(count, index => index == 0 ? (1 << 20) - 1 : index - 1),
    };

    static uint[] Ids(int count, Func<int, int> idOf) => [.. Enumerable.Range(0, count).Select(index => (uint)idOf(index))];

    static uint[] Shuffled(uint[] ids)
    {
        new Random(Seed).Shuffle(ids);
        return ids;
    }

    static uint[] Scattered(int count, int range)
    {
        var random = new Random(Seed);
        var ids = new HashSet<uint>();
        while (ids.Count < count)
            ids.Add((uint)random.Next(range));
        return [.. ids];
    }
}
