using System;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using KvmSharp.Tests.Slots;
using Xunit.Sdk;

namespace KvmSharp.Tests.Machines;

// What a hostile guest tries: fixed slots between host pages that are none of its business, and addresses at every edge.
sealed partial class MachineModelRun
{
    const byte Canary = 0xc5;

    // First guest frame, first host page, pages.
    static readonly (ulong Gfn, int Page, int Pages)[] _guarded =
        [(0, 2, 3), (5, 7, 1), (6, 9, 2), (510, 12, 4), (LastFrame - 1, 18, 2)];

    ulong[] _edges = [];

    /// <summary>Lets a guest access what it likes; host pages that no slot covers must keep their canaries.</summary>
    /// <exception cref="XunitException">An answer is wrong or a canary gone; it says how to replay.</exception>
    public static void RunEdges(Store store, int accesses, int seed)
    {
        int access = 0;
        using var run = new MachineModelRun(store, seed);
        try
        {
            run.PlaceGuardedSlots();
            for (; access < accesses; access++)
            {
                if (access % 8 == 0)
                    run.AccessFromHost();
                else
                    run.AccessFromGuest(run._vcpus[0]);
            }
            run.CompareContents();
            run.CompareSlots();
        }
        catch (Exception exception)
        {
            throw new XunitException(
                $"{store}, access {access}; replay with {SlotModelRun.SeedVariable}={seed}: {exception}", exception);
        }
    }

    void PlaceGuardedSlots()
    {
        _memory.AsSpan(0, (int)_memory.Length).Fill(Canary);
        _model.Host.AsSpan().Fill(Canary);
        _edges = [0, Page.Size, 1UL << 51, 1UL << 52, 1UL << 63, ulong.MaxValue - Page.OffsetMask];
        int id = 0;
        foreach ((ulong gfn, int page, int pages) in _guarded)
        {
            SlotFlags flags = id % 2 == 0 ? SlotFlags.LogDirty : SlotFlags.None;
            var region = new MemoryRegion(
                new SlotId((ushort)id++), flags, new Gpa(gfn * Page.Size), (ulong)pages * Page.Size,
                _memory.Start + (ulong)page * Page.Size);
            Require(_model.Apply(0, [new ModelEdit(SlotEditKind.Set, region)]), KvmErrno.None, "slot");
            _vm.Slots.Set(region with { Backing = _memory });
            _edges = [.. _edges, region.Gpa.Value, region.Gpa.Value + region.Size];
        }
    }

    ulong PickEdge()
    {
        ulong edge = _edges[_random.Next(_edges.Length)];
        return unchecked(edge + (ulong)_random.Next(4) switch
        {
            0 => (ulong)_random.Next(-16, 17),
            1 => (ulong)_random.Next(-Page.Size, Page.Size),
            2 => (ulong)-_random.Next(3 * Page.Size),
            _ => 0,
        });
    }
}
