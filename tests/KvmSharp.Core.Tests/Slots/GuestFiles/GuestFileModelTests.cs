using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;
using KvmSharp.Tests.Machines;
using Xunit;
using Xunit.Abstractions;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Slots.GuestFiles;

/// <summary>Random changes of slots with pages of files, one by one and several at once, against a list of who has which pages.</summary>
public sealed class GuestFileModelTests(ITestOutputHelper output)
{
    const int Ids = 6;
    const int FilePages = 16;
    const ulong H = 0x7000_0000_0000;

    [Theory, EveryStore]
    public void Pages_stand_behind_the_slots_that_the_model_says(Store store)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using VirtualMachine vm = Create(store);
        using VirtualMachine other = Create(store);
        // The last two can never be bound.
        GuestMemoryFile[] files =
        [
            vm.CreateGuestMemory(FilePages * PG), vm.CreateGuestMemory(FilePages * PG),
            vm.CreateGuestMemory(FilePages * PG), other.CreateGuestMemory(FilePages * PG),
        ];
        files[2].Dispose();
        var slots = new Dictionary<int, Bound>();
        var outcomes = new Dictionary<KvmErrno, int>();

        for (int turn = 0; turn < 3000; turn++)
        {
            Dictionary<int, Bound?> edits = PickEdits(random, slots);
            KvmErrno expected = Judge(slots, edits, out Dictionary<int, Bound> result);

            KvmErrno actual = Apply(vm, files, edits);

            Assert.True(actual == expected, $"turn {turn}, {string.Join("; ", edits)}: {actual} instead of {expected}");
            slots = expected == KvmErrno.None ? result : slots;
            outcomes[expected] = outcomes.GetValueOrDefault(expected) + 1;
            for (int id = 0; id < Ids; id++)
            {
                GuestMemoryPlace? place = slots.TryGetValue(id, out Bound? bound) ? files[bound.File].At((ulong)bound.First * PG) : null;
                Assert.Equal(place, vm.Slots.GuestMemoryOf(new SlotId((ushort)id)));
            }
            for (int file = 0; file < 2; file++)
                Assert.Equal(slots.Values.Count(bound => bound.File == file), files[file].Bindings.Count);
        }
        vm.Slots.CheckInvariants();
        output.WriteLine(string.Join(", ", outcomes));
        Assert.True(outcomes.Count == 4 && outcomes.Values.Min() > 50, string.Join(", ", outcomes));
    }

    static Dictionary<int, Bound?> PickEdits(Random random, Dictionary<int, Bound> slots)
    {
        var edits = new Dictionary<int, Bound?>();
        for (int count = random.Next(3) == 0 ? 1 : 1 + random.Next(4); count > 0; count--)
        {
            int id = random.Next(Ids);
            // Mostly what can be: a slot that is there goes, one that is not comes.
            bool deletes = slots.ContainsKey(id) != (random.Next(12) == 0);
            int pages = 1 + random.Next(6);
            int file = random.Next(10) switch { < 5 => 0, < 8 => 1, 8 => 2, _ => 3 };
            edits[id] = deletes ? null : new Bound((id * 8) + random.Next(8), pages, file, random.Next(FilePages));
        }
        return edits;
    }

    // Each change by itself; then the overlap of what would be; then the files, in order.
    static KvmErrno Judge(Dictionary<int, Bound> slots, Dictionary<int, Bound?> edits, out Dictionary<int, Bound> result)
    {
        result = new Dictionary<int, Bound>(slots);
        foreach ((int id, Bound? wanted) in edits)
        {
            if (slots.ContainsKey(id) == wanted is not null)
                return KvmErrno.EINVAL;
            if (wanted is null)
                result.Remove(id);
            else
                result.Add(id, wanted);
        }
        Bound[] sorted = [.. result.Values.OrderBy(bound => bound.Gfn)];
        for (int index = 1; index < sorted.Length; index++)
        {
            if (sorted[index - 1].Gfn + sorted[index - 1].Pages > sorted[index].Gfn)
                return KvmErrno.EEXIST;
        }
        var taken = new HashSet<(int File, int Page)>(
            slots.Where(slot => !edits.ContainsKey(slot.Key)).SelectMany(slot => slot.Value.FilePagesTaken));
        foreach (Bound wanted in edits.Values.OfType<Bound>())
        {
            if (wanted.File == 2)
                return KvmErrno.EBADF;
            if (wanted.File == 3 || wanted.First + wanted.Pages > FilePages || !wanted.FilePagesTaken.All(taken.Add))
                return KvmErrno.EINVAL;
        }
        return KvmErrno.None;
    }

    static KvmErrno Apply(VirtualMachine vm, GuestMemoryFile[] files, Dictionary<int, Bound?> edits)
    {
        MemoryRegion[] regions = [.. edits.Select(edit => ToRegion(files, edit.Key, edit.Value))];
        if (regions.Length == 1)
            return vm.Slots.TrySet(regions[0]).Errno;
        SlotTransaction transaction = vm.Slots.BeginTransaction();
        foreach (MemoryRegion region in regions)
            transaction.Set(region);
        return transaction.TryApply().Errno;
    }

    static MemoryRegion ToRegion(GuestMemoryFile[] files, int id, Bound? wanted) => wanted is null
        ? new MemoryRegion { Id = new SlotId((ushort)id) }
        : Region((uint)id, 0, (ulong)wanted.Gfn * PG, (ulong)wanted.Pages * PG, H) with
        {
            GuestMemory = files[wanted.File].At((ulong)wanted.First * PG),
        };

    /// <summary>A slot, and where its pages begin in which file.</summary>
    sealed record Bound(int Gfn, int Pages, int File, int First)
    {
        internal IEnumerable<(int File, int Page)> FilePagesTaken =>
            Enumerable.Range(First, Pages).Select(page => (File, page));
    }
}
