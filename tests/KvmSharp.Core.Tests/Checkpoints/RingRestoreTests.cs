using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Checkpoints;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using Xunit.Abstractions;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Checkpoints;

/// <summary>Going back in a machine whose vCPUs record in rings.</summary>
public sealed class RingRestoreTests : IDisposable
{
    const ulong Pages = 200;
    const ulong Base = 256;

    static readonly SlotId _slot = new(1);

    readonly AnonymousMemory _memory = AnonymousMemory.Create(Pages * PG);
    readonly VirtualMachine _vm = Create(Store.SlotTries);
    readonly Vcpu _vcpu;
    readonly ITestOutputHelper _output;

    public RingRestoreTests(ITestOutputHelper output)
    {
        _output = output;
        Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TryEnableRings(16 * PG));
        _vm.Put(1, Base, _memory, pages: Pages, flags: SlotFlags.LogDirty);
        _vcpu = _vm.AddVcpu();
    }

    public void Dispose()
    {
        _vm.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void Memory_is_what_it_was_and_the_ring_says_what_the_vcpu_wrote()
    {
        _vcpu.Memory.Write(At(Base), 1UL);
        using RestorePoint point = RestorePoint.Take(_vm);
        Assert.Equal([0UL], HarvestAndReset());

        for (int times = 0; times < 3; times++)
        {
            _vcpu.Memory.Write(At(Base + 3), 2UL);
            _vcpu.Memory.Write(At(Base + 5), 2UL);
            // Neither is in the ring: no vCPU wrote them.
            _vm.Memory.Write(At(Base + 7), 2UL);
            _memory.Discard(0, PG);
            Assert.Equal([3UL, 5UL], HarvestAndReset());
            _vcpu.Memory.Write(At(Base + 3), 3UL);
            Assert.Equal([3UL], HarvestAndReset());

            Assert.Equal(4UL, point.Restore());
            Assert.Equal([1UL, 0UL, 0UL, 0UL], Words(0, 3, 5, 7));
            Assert.Equal(0UL, point.Restore());
        }
    }

    [Fact]
    public void What_is_in_the_ring_and_not_reset_is_brought_back_too()
    {
        using RestorePoint point = RestorePoint.Take(_vm);
        _vcpu.Memory.Write(At(Base + 9), 1UL);
        Assert.Equal(1UL, point.Restore());

        // Its entry still stands there, and it is recorded once more.
        _vcpu.Memory.Write(At(Base + 9), 2UL);
        Assert.Equal(1UL, point.Restore());

        Assert.Equal([9UL, 9UL], HarvestAndReset());
        Assert.Equal([0UL], Words(9));
    }

    [Fact]
    public void KVMs_calls_on_bitmaps_are_refused_as_before_and_consumers_too()
    {
        ulong[] bitmap = new ulong[DirtyTracking.WordsFor(Pages)];
        using RestorePoint point = RestorePoint.Take(_vm);

        Assert.Equal(KvmErrno.ENXIO, _vm.DirtyTracking.TryGetLog(_slot, bitmap));
        Assert.Equal(KvmErrno.ENXIO, Assert.Throws<KvmException>(() => _vm.DirtyTracking.OpenConsumer()).Errno);
    }

    [Fact]
    public void Random_writes_resets_and_restores_lose_nothing()
    {
        int seed = Environment.TickCount;
        _output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using RestorePoint first = RestorePoint.Take(_vm);
        RestorePoint second = RestorePoint.Take(_vm, first);
        ulong[] atFirst = All();
        ulong[] atSecond = atFirst;
        for (int step = 1; step <= 20_000; step++)
        {
            ulong page = (ulong)random.Next((int)Pages);
            switch (random.Next(40))
            {
                case 0:
                    first.Restore();
                    Assert.Equal(atFirst, All());
                    break;
                case 1 or 2:
                    second.Restore();
                    Assert.Equal(atSecond, All());
                    break;
                case 3:
                    second.Dispose();
                    second = RestorePoint.Take(_vm, first);
                    atSecond = All();
                    break;
                case < 10:
                    HarvestAndReset();
                    break;
                case < 20:
                    _vm.Memory.Write(At(Base + page), (ulong)step);
                    break;
                default:
                    _vcpu.Memory.Write(At(Base + page), (ulong)step);
                    break;
            }
        }
        second.Dispose();
        _vm.CheckInvariants();
    }

    List<ulong> HarvestAndReset()
    {
        List<ulong> pages = [];
        while (_vcpu.DirtyRing!.TryHarvest(out DirtyRingEntry entry))
            pages.Add(entry.Offset);
        Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TryResetRings(out int count));
        Assert.Equal(pages.Count, count);
        return pages;
    }

    ulong[] Words(params ulong[] pages) => [.. pages.Select(page => _memory.ReadUInt64(page * PG))];

    ulong[] All() => Words([.. Enumerable.Range(0, (int)Pages).Select(page => (ulong)page)]);
}
