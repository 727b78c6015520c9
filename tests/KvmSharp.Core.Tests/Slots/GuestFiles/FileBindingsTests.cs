using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Slots.GuestFiles;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Tests.Slots.GuestFiles;

public sealed class FileBindingsTests(ITestOutputHelper output)
{
    const ulong PG = Page.Size;

    [Theory]
    [InlineData(0, 4, true)]
    [InlineData(3, 1, true)]
    [InlineData(3, 2, false)]
    [InlineData(4, 1, false)]
    [InlineData(4, 4, false)]
    [InlineData(7, 1, false)]
    [InlineData(7, 9, false)]
    [InlineData(8, 1, true)]
    [InlineData(0, 16, false)]
    public void Pages_are_taken_once(ulong first, ulong pages, bool expected)
    {
        var bindings = new FileBindings();
        Assert.True(bindings.TryTake(4 * PG, 4));

        Assert.Equal(expected, bindings.TryTake(first * PG, pages));
    }

    [Fact]
    public void Any_sequence_goes_as_with_one_mark_a_page()
    {
        const int Pages = 64;
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var bindings = new FileBindings();
        int[] owners = new int[Pages];
        var held = new List<(int Owner, int First)>();
        for (int owner = 1; owner < 5000; owner++)
        {
            if (held.Count > 0 && random.Next(3) == 0)
            {
                int index = random.Next(held.Count);
                bindings.Release((ulong)held[index].First * PG);
                for (int page = 0; page < Pages; page++)
                    owners[page] = owners[page] == held[index].Owner ? 0 : owners[page];
                held.RemoveAt(index);
            }
            int first = random.Next(Pages);
            int count = 1 + random.Next(Math.Min(8, Pages - first));
            bool isFree = !owners.AsSpan(first, count).ContainsAnyExcept(0);

            Assert.Equal(isFree, bindings.TryTake((ulong)first * PG, (ulong)count));
            if (!isFree)
                continue;
            owners.AsSpan(first, count).Fill(owner);
            held.Add((owner, first));
        }
        Assert.Equal(held.Count, bindings.Count);
    }
}
