using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Reports.AddressSpace;

/// <summary>
/// A machine laid out as a PC's memory is – holes for devices and all – whose vCPU has just used it: something to look at.
/// </summary>
/// <remarks>What the vCPU touches is drawn from a fixed seed, so that every run finds the same.</remarks>
public sealed class DemonstrationMachine : IDisposable
{
    const ulong KiB = 1UL << 10;
    const ulong MiB = 1UL << 20;
    const ulong GiB = 1UL << 30;
    const int Seed = 20210813;

    readonly VirtualMachine _machine = new();
    readonly List<HostMapping> _memories = [];
    readonly Dictionary<SlotId, string> _names = [];

    DemonstrationMachine()
    {
    }

    /// <summary>Builds the machine and lets its vCPU run.</summary>
    /// <exception cref="HostMemoryException">The host refuses the memory.</exception>
    /// <exception cref="System.IO.IOException">The host refuses the memory.</exception>
    public static DemonstrationMachine Run()
    {
        var demonstration = new DemonstrationMachine();
        try
        {
            demonstration.PlugMemory();
            demonstration.UseMemory();
            return demonstration;
        }
        catch
        {
            demonstration.Dispose();
            throw;
        }
    }

    /// <summary>The machine's address space now.</summary>
    public AddressSpaceSnapshot Snapshot() => AddressSpaceSnapshot.Of(_machine, _names);

    /// <summary>Ends the machine and lets go of its memory.</summary>
    public void Dispose()
    {
        _machine.Dispose();
        foreach (HostMapping memory in _memories)
            memory.Dispose();
    }

    void PlugMemory()
    {
        Plug("low RAM", 0, 640 * KiB);
        Plug("BIOS shadow", 768 * KiB, 256 * KiB, SlotFlags.ReadOnly);
        Plug("RAM below 4 GiB", MiB, (2 * GiB) - MiB);
        Plug("framebuffer", 0xFD00_0000, 16 * MiB, SlotFlags.LogDirty);
        Plug("flash", 0xFFC0_0000, 4 * MiB, SlotFlags.ReadOnly);
        Plug("RAM above 4 GiB", 4 * GiB, 2 * GiB, SlotFlags.LogDirty);
        Plug("device memory", 0x3800_0000_0000, 256 * MiB);
    }

    void Plug(string name, ulong address, ulong length, SlotFlags flags = SlotFlags.None)
    {
        // A leaf of a GiB needs guest and host addresses that agree in all bits below; the slack makes them agree.
        var memory = AnonymousMemory.Create(length + GiB, HugePages.Never);
        _memories.Add(memory);
        ulong offset = unchecked(address - memory.Start.Value) & (GiB - 1);
        SlotId id = _machine.Slots.Add(new Gpa(address), memory, offset, length, flags);
        _names.Add(id, name);
    }

    void UseMemory()
    {
        GuestMemory guest = _machine.Vcpus.Create(new VcpuId(0)).Memory;
        var random = new Random(Seed);

        // Boot: vectors and stack, the BIOS, the loader's buffer below 2 MiB, a kernel, and its heap.
        Write(guest, 0, 16, Page.Size);
        Read(guest, 768 * KiB, 64, Page.Size);
        Read(guest, 0xFFC0_0000, 1024, Page.Size);
        Write(guest, MiB, 96, Page.Size);
        Write(guest, 16 * MiB, 24, 2 * MiB);
        for (int touch = 0; touch < 160; touch++)
            Write(guest, (128 * MiB) + ((ulong)random.Next(440) * 2 * MiB), 1, Page.Size);
        Write(guest, GiB, 1, Page.Size);

        // A window is drawn: 480 lines of 3 KiB, 4 KiB apart, in the middle of the picture.
        Write(guest, 0xFD00_0000 + (3 * MiB), 480, Page.Size);

        // A migration watches the upper half: one process writes densely, others here and there, some only read.
        Write(guest, (4 * GiB) + (192 * MiB), 3072, Page.Size);
        for (int touch = 0; touch < 700; touch++)
            Write(guest, (4 * GiB) + (512 * MiB) + ((ulong)random.Next(1 << 17) * Page.Size), 1, Page.Size);
        Read(guest, (5 * GiB) + (256 * MiB), 4096, Page.Size);

        Write(guest, 0x3800_0000_0000, 40, 2 * MiB);
        Write(guest, 0x3800_0000_0000 + (192 * MiB), 8, 2 * MiB);
    }

    static void Write(GuestMemory guest, ulong address, int times, ulong stride)
    {
        for (ulong at = address; times > 0; times--, at += stride)
            guest.Write(new Gpa(at), 1UL);
    }

    static void Read(GuestMemory guest, ulong address, int times, ulong stride)
    {
        for (ulong at = address; times > 0; times--, at += stride)
            guest.Read<ulong>(new Gpa(at));
    }
}
