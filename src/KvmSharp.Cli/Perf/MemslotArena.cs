using System;
using System.Diagnostics;
using KvmSharp.Addresses;
using KvmSharp.Cli.Perf.Guests;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf;

/// <summary>
/// A machine with one vCPU whose memory is cut into slots, each with a mapping of its own, as the tests' host side and
/// guest side share it.
/// </summary>
sealed class MemslotArena : IDisposable
{
    const ulong HarnessPages = 16;

    readonly IGuest _guest;
    readonly HostMapping?[] _slots;
    readonly HostMapping _harness;

    /// <summary>Makes the machine and its slots. The memory is not touched.</summary>
    /// <param name="design">The slot store.</param>
    /// <param name="layout">The slots.</param>
    /// <param name="oneByOne">
    /// Whether the slots are created one at a time, as KVM must, rather than in one transaction, which leaves the same slots
    /// behind and spares a store that copies them all from doing so for each.
    /// </param>
    /// <param name="guest">What executes the guest programs.</param>
    internal MemslotArena(SlotStoreDesign design, ArenaLayout layout, bool oneByOne, GuestKind guest = GuestKind.View)
    {
        Layout = layout;
        MoveTarget = layout.End;
        _slots = new HostMapping?[layout.SlotCount];
        var options = new VirtualMachineOptions { SlotStore = design };
        _guest = guest == GuestKind.X86 ? new X86Guest(options) : new ViewGuest(options);
        _harness = AnonymousMemory.Create(HarnessPages << Page.Shift, HugePages.Never);
        try
        {
            Slots.Set(Region(0, default, _harness));
            long start = Stopwatch.GetTimestamp();
            if (oneByOne)
                CreateSlots();
            else
                CreateSlotsTogether();
            SetupTime = Stopwatch.GetElapsedTime(start);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal ArenaLayout Layout { get; }

    /// <summary>What runs on the vCPU.</summary>
    internal IGuest Guest => _guest;

    /// <summary>Time for mapping the memory of all test slots and creating these.</summary>
    internal TimeSpan SetupTime { get; }

    /// <summary>Where the move tests put the last slot before they put it back.</summary>
    internal Gpa MoveTarget { get; init; }

    /// <summary>The mapping that holds the synchronisation page, at its start.</summary>
    internal HostMapping SyncMemory => _slots[0]!;

    /// <summary>Makes all memory zero, and present in the host.</summary>
    internal void ZeroFill()
    {
        for (int slot = 0; slot < _slots.Length; slot++)
        {
            HostMapping memory = _slots[slot]!;
            for (ulong offset = 0; offset < memory.Length;)
            {
                int length = (int)Math.Min(memory.Length - offset, 1UL << 30);
                memory.AsSpan(offset, length).Clear();
                offset += (ulong)length;
            }
        }
    }

    internal ulong Read(ulong page, int pageOffset)
    {
        HostMapping memory = Locate(page, out ulong offset);
        return memory.ReadUInt64(offset + (ulong)pageOffset);
    }

    internal void Write(ulong page, int pageOffset, ulong value)
    {
        HostMapping memory = Locate(page, out ulong offset);
        memory.WriteUInt64(offset + (ulong)pageOffset, value);
    }

    /// <summary>Gives pages back to the host with one call for each slot that they lie in.</summary>
    internal void Discard(ulong page, ulong count)
    {
        while (count > 0)
        {
            HostMapping memory = Locate(page, out ulong offset);
            ulong pages = Math.Min(count, (memory.Length - offset) >> Page.Shift);
            memory.Discard(offset, pages << Page.Shift);
            page += pages;
            count -= pages;
        }
    }

    /// <summary>Gives pages back to the host with one call for all.</summary>
    /// <remarks>
    /// The library splits what the guest calls a chunk where a slot's host memory does not go on in the next one's, so the
    /// number of calls to the host does not depend on the number of slots.
    /// </remarks>
    internal void DiscardTogether(ulong page, ulong count) =>
        Slots.Discard(new GfnRange(ArenaLayout.GpaOf(page).Frame, count));

    /// <summary>Moves the last slot beyond the end of all others.</summary>
    internal void MoveLastSlotAway() => Slots.Move(LastSlotId, MoveTarget);

    /// <summary>Moves the last slot to its place again.</summary>
    internal void MoveLastSlotBack() => Slots.Move(LastSlotId, ArenaLayout.GpaOf(Layout.LastSlotPage));

    public void Dispose()
    {
        _guest.Dispose();
        foreach (HostMapping? memory in _slots)
            memory?.Dispose();
        _harness.Dispose();
    }

    MemorySlots Slots => _guest.Machine.Slots;

    SlotId LastSlotId => new((ushort)Layout.SlotCount);

    void CreateSlots()
    {
        for (int slot = 0; slot < _slots.Length; slot++)
            Slots.Set(Map(slot));
    }

    void CreateSlotsTogether()
    {
        SlotTransaction transaction = Slots.BeginTransaction();
        for (int slot = 0; slot < _slots.Length; slot++)
            transaction.Set(Map(slot));
        transaction.Apply();
    }

    MemoryRegion Map(int slot)
    {
        HostMapping memory = AnonymousMemory.Create(Layout.PagesOf(slot) << Page.Shift, HugePages.Never);
        _slots[slot] = memory;
        return Region(slot + 1, ArenaLayout.GpaOf(Layout.FirstPageOf(slot)), memory);
    }

    static MemoryRegion Region(int id, Gpa gpa, HostMapping memory) =>
        new(new SlotId((ushort)id), SlotFlags.None, gpa, memory.Length, memory.Start) { Backing = memory };

    HostMapping Locate(ulong page, out ulong offset)
    {
        int slot = Layout.SlotOf(page);
        offset = (page - Layout.FirstPageOf(slot)) << Page.Shift;
        return _slots[slot]!;
    }
}
