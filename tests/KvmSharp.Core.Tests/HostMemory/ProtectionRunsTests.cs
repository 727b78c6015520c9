using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

public sealed class ProtectionRunsTests
{
    const int Pages = 48;
    const ulong Length = Pages * Page.Size;

    static readonly HostProtection[] _protections =
        [HostProtection.None, HostProtection.Read, HostProtection.ReadWrite];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(20251121)]
    public void They_agree_with_an_array_of_pages_after_every_random_change(int seed)
    {
        Random random = new(seed);
        HostProtection[] model = new HostProtection[Pages];
        Array.Fill(model, HostProtection.ReadWrite);
        ulong[]? runs = null;

        for (int step = 0; step < 4000; step++)
        {
            int first = random.Next(Pages);
            int count = 1 + random.Next(random.Next(4) == 0 ? Pages - first : Math.Min(4, Pages - first));
            HostProtection protection = _protections[random.Next(_protections.Length)];

            runs = ProtectionRuns.Replace(
                runs, Length, HostProtection.ReadWrite, (ulong)first * Page.Size, (ulong)count * Page.Size, protection);
            model.AsSpan(first, count).Fill(protection);

            AssertSame(model, runs);
        }
    }

    [Fact]
    public void The_initial_protection_everywhere_needs_no_array()
    {
        ulong[]? runs = ProtectionRuns.Replace(null, Length, HostProtection.Read, 0, Length, HostProtection.None);
        Assert.NotNull(runs);

        Assert.Null(ProtectionRuns.Replace(runs, Length, HostProtection.Read, 0, Length, HostProtection.Read));
    }

    static void AssertSame(HostProtection[] model, ulong[]? runs)
    {
        bool isInitial = Array.TrueForAll(model, protection => protection == HostProtection.ReadWrite);
        Assert.Equal(isInitial, runs is null);
        if (runs is null)
            return;

        for (int page = 0; page < Pages; page++)
        {
            int start = page;
            while (start > 0 && model[start - 1] == model[page])
                start--;
            int end = page + 1;
            while (end < Pages && model[end] == model[page])
                end++;

            ulong lastByte = ((ulong)page * Page.Size) + Page.OffsetMask;
            HostProtection found = ProtectionRuns.Find(runs, Length, lastByte, out ulong foundStart, out ulong foundEnd);

            Assert.Equal(model[page], found);
            Assert.Equal((ulong)start * Page.Size, foundStart);
            Assert.Equal((ulong)end * Page.Size, foundEnd);
        }
    }
}
