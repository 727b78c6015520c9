using System;
using System.Diagnostics;
using KvmSharp.Addresses;
using KvmSharp.Cli.Perf.Guests;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf;

/// <summary>
/// A machine with one vCPU and one host mapping that is cut into slots, as the tests' host side and guest side share it.
/// </summary>
sealed class MemslotArena : IDisposable
{
    const ulong HarnessPages = 16;

    readonly IGuest _guest;
    readonly HostMapping _harness;
    readonly HostMapping _memory;

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
        var options = new VirtualMachineOptions { SlotStore = design };
        _guest = guest == GuestKind.X86 ? new X86Guest(options) : new ViewGuest(options);
        _harness = AnonymousMemory.Create(HarnessPages << Page.Shift, HugePages.Never);
        try
        {
            Slots.Create(default, default, _harness);
            long start = Stopwatch.GetTimestamp();
            _memory = AnonymousMemory.Create(layout.Pages << Page.Shift, HugePages.Never);
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

    /// <summary>Time for mapping the memory of the test slots and creating these.</summary>
    internal TimeSpan SetupTime { get; }

    /// <summary>Where the move tests put the last slot before they put it back.</summary>
    internal Gpa MoveTarget { get; init; }

    /// <summary>The memory of all test slots, with the synchronisation page at its start.</summary>
    internal HostMapping Memory => _memory;

    /// <summary>Makes all memory zero, and absent in the host.</summary>
    internal void DiscardAll() => _memory.Discard(0, _memory.Length);

    /// <summary>Makes all memory zero, and present in the host.</summary>
    internal void ZeroFill()
    {
        for (ulong offset = 0; offset < _memory.Length;)
        {
            int length = (int)Math.Min(_memory.Length - offset, 1UL << 30);
            _memory.AsSpan(offset, length).Clear();
            offset += (ulong)length;
        }
    }

    internal ulong Read(ulong page, int pageOffset) => _memory.ReadUInt64(OffsetOf(page) + (ulong)pageOffset);

    internal void Write(ulong page, int pageOffset, ulong value) =>
        _memory.WriteUInt64(OffsetOf(page) + (ulong)pageOffset, value);

    /// <summary>Gives one page back to the host.</summary>
    internal void DiscardPage(ulong page) => _memory.Discard(OffsetOf(page), Page.Size);

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
        _memory?.Dispose();
        _harness.Dispose();
    }

    MemorySlots Slots => _guest.Machine.Slots;

    SlotId LastSlotId => new((ushort)Layout.SlotCount);

    void CreateSlots()
    {
        for (int slot = 0; slot < Layout.SlotCount; slot++)
            Slots.Set(Region(slot));
    }

    void CreateSlotsTogether()
    {
        SlotTransaction transaction = Slots.BeginTransaction();
        for (int slot = 0; slot < Layout.SlotCount; slot++)
            transaction.Set(Region(slot));
        transaction.Apply();
    }

    MemoryRegion Region(int slot)
    {
        ulong page = Layout.FirstPageOf(slot);
        var id = new SlotId((ushort)(slot + 1));
        ulong size = Layout.PagesOf(slot) << Page.Shift;
        return new MemoryRegion(id, SlotFlags.None, ArenaLayout.GpaOf(page), size, _memory.Start + OffsetOf(page))
        {
            Backing = _memory,
        };
    }

    static ulong OffsetOf(ulong page) => page << Page.Shift;
}
