using System;
using System.Collections.Generic;
using System.Text;
using KvmSharp.Backends;
using KvmSharp.Vcpus;
using KvmSharp.X86.Fpu;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Identification;

/// <summary>What CPUID tells the guest: what this CPU can do, unless the owner has set something else.</summary>
sealed class CpuidTable
{
    const uint Basic = 0;
    const uint Extended = 0x8000_0000;
    const string Vendor = "KvmSharp x86";
    const string Brand = "KvmSharp software x86-64 CPU";
    const uint OsxsaveBit = 1u << 27;
    const uint HypervisorBit = 1u << 31;

    // Leaves of hypervisors.
    const uint FirstOfHypervisors = 0x4000_0000;
    const uint LastOfHypervisors = 0x4FFF_FFFF;

    readonly KvmCpuidEntry[] _entries;

    internal CpuidTable(ReadOnlySpan<KvmCpuidEntry> entries) => _entries = entries.ToArray();

    internal ReadOnlySpan<KvmCpuidEntry> Entries => _entries;

    /// <summary>Whether the guest is told that the APIC's registers can be MSRs.</summary>
    internal bool HasX2Apic => TryFind(1, 0, out CpuidValue value) && (value.Ecx & Features.X2Apic) != 0;

    /// <summary>What CPUID answers; a leaf beyond the last is answered with the last basic one, as KVM does for Intel's.</summary>
    internal CpuidValue Look(Cpu cpu, uint function, uint index)
    {
        if (!TryFind(function, index, out CpuidValue value))
            return default;
        // Follows CR4.
        if (function == 1)
        {
            bool enabled = (cpu.State.Cr4 & Cr4.OSXSAVE) != 0;
            value = value with { Ecx = (value.Ecx & ~OsxsaveBit) | (enabled ? OsxsaveBit : 0) };
            // Follow the APIC's base register.
            if (cpu.Apic is { } apic)
                value = value with { Edx = (value.Edx & ~Features.Apic) | (apic.IsEnabled ? Features.Apic : 0) };
            else
                value = value with { Ecx = value.Ecx & ~Features.X2Apic };
        }
        return value;
    }

    bool TryFind(uint function, uint index, out CpuidValue value)
    {
        foreach (ref readonly KvmCpuidEntry entry in _entries.AsSpan())
        {
            bool indexed = (entry.Flags & KvmCpuidFlags.SignificantIndex) != 0;
            if (entry.Function == function && (!indexed || entry.Index == index))
            {
                value = new CpuidValue(entry.Eax, entry.Ebx, entry.Ecx, entry.Edx);
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>What this CPU can do.</summary>
    /// <param name="physicalBits">Bits of a guest physical address.</param>
    /// <param name="id">The vCPU's id: its initial APIC id.</param>
    internal static KvmCpuidEntry[] Supported(int physicalBits, VcpuId id = default)
    {
        const int ApicIdShift = 24;
        const uint LinearBits = 57;
        const uint LineBytes = 64;
        uint frequency = (uint)(TimeStampCounter.Frequency / 1_000_000);
        var entries = new List<KvmCpuidEntry>
        {
            Text(Basic, 0x16, Vendor),
            Entry(1, ModelRegisters.Signature, ((LineBytes / 8) << 8) | (id.Value << ApicIdShift), Features.Leaf1Ecx, Features.Leaf1Edx),
            Entry(2, 0, 0, 0, 0),
            Indexed(4, 0, 0, 0, 0, 0),
            Indexed(7, 0, 0, Features.Leaf7Ebx, Features.Leaf7Ecx, 0),
            // The one size there is, whatever XCR0 enables of it.
            Indexed(0xD, 0, (uint)StateImages.Components, StateImages.XsaveSize, StateImages.XsaveSize, 0),
            Indexed(0xD, 1, 0, 0, 0, 0),
            // The counter's frequency: its clock's, times one.
            Entry(0x15, 1, 1, (uint)TimeStampCounter.Frequency, 0),
            Entry(0x16, frequency, frequency, 0, 0),
            Text(Extended, Extended + 8, Vendor),
            Entry(
                Extended + 1, ModelRegisters.Signature, 0, Features.ExtendedEcx,
                Features.ExtendedEdx | (Features.Leaf1Edx & Features.Repeated)),
        };
        byte[] brand = new byte[48];
        Encoding.ASCII.GetBytes(Brand, brand);
        for (uint part = 0; part < 3; part++)
        {
            ReadOnlySpan<byte> text = brand.AsSpan((int)part * 16, 16);
            entries.Add(Entry(
                Extended + 2 + part, Word(text, 0), Word(text, 4), Word(text, 8), Word(text, 12)));
        }
        // The counter runs evenly.
        entries.Add(Entry(Extended + 7, 0, 0, 0, 1u << 8));
        entries.Add(Entry(Extended + 8, (uint)physicalBits | (LinearBits << 8), 0, 0, 0));
        return [.. entries];
    }

    /// <summary>The same answers from a CPU that a hypervisor provides, but for what the hypervisor itself tells.</summary>
    internal static IEnumerable<KvmCpuidEntry> UnderHypervisor(ReadOnlySpan<KvmCpuidEntry> entries)
    {
        var told = new List<KvmCpuidEntry>();
        foreach (KvmCpuidEntry entry in entries)
        {
            if (entry.Function is >= FirstOfHypervisors and <= LastOfHypervisors)
                continue;
            told.Add(entry.Function == 1 ? entry with { Ecx = entry.Ecx | HypervisorBit } : entry);
        }
        return told;
    }

    static KvmCpuidEntry Text(uint function, uint last, string vendor)
    {
        byte[] text = Encoding.ASCII.GetBytes(vendor);
        return Entry(function, last, Word(text, 0), Word(text, 8), Word(text, 4));
    }

    static uint Word(ReadOnlySpan<byte> text, int at) => BitConverter.ToUInt32(text.Slice(at, 4));

    static KvmCpuidEntry Entry(uint function, uint eax, uint ebx, uint ecx, uint edx) =>
        new() { Function = function, Eax = eax, Ebx = ebx, Ecx = ecx, Edx = edx };

    static KvmCpuidEntry Indexed(uint function, uint index, uint eax, uint ebx, uint ecx, uint edx) => new()
    {
        Function = function,
        Index = index,
        Flags = KvmCpuidFlags.SignificantIndex,
        Eax = eax,
        Ebx = ebx,
        Ecx = ecx,
        Edx = edx,
    };
}
