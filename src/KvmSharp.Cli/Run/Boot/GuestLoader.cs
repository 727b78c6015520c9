using System;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Cli.Run.Images;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Run.Boot;

/// <summary>Brings an image into a machine: memory in slots, the image's parts, what it is told, and its vCPUs.</summary>
/// <param name="image">The image.</param>
/// <param name="record">The machine to be made.</param>
sealed class GuestLoader(GuestImage image, BootRecord record)
{
    const ulong FourGigabytes = 4UL << 30;

    /// <exception cref="ImageException">Image and machine do not go together.</exception>
    internal void Check()
    {
        bool isReal = image.Mode == GuestMode.Real;
        if (image.IsMultiboot && record.Cpus > 1)
            throw new ImageException("is a multiboot image, which is started on one vCPU");
        if (isReal && record.Cpus > BootLayout.MaxRealVcpus)
            throw new ImageException($"starts in real mode, where {BootLayout.MaxRealVcpus} vCPUs are the most");
        ulong reserved = (isReal ? BootLayout.RealStacksEnd : BootLayout.ReservedEnd).Value;
        ulong end = StacksEnd() - (isReal ? 0 : StackBytes());
        if (record.MemoryBytes < reserved || end > StacksEnd())
            throw new ImageException($"does not fit in memory: 0x{record.MemoryBytes:x} bytes are too few");
        foreach (ImageSegment segment in image.Segments)
        {
            ulong top = isReal ? record.MemoryBytes : end;
            if (segment.Address.Value < reserved)
            {
                throw new ImageException(
                    $"is loaded at 0x{segment.Address.Value:x}, below 0x{reserved:x}, where what it is told lies");
            }
            if (segment.End.Value > top)
            {
                throw new ImageException(
                    $"does not fit in memory: it ends at 0x{segment.End.Value:x}, and 0x{top:x} is where it must end");
            }
        }
        if (isReal && image.Entry.Value > 0xf_ffff)
            throw new ImageException($"starts at 0x{image.Entry.Value:x}, which real mode does not reach");
        if (image.Mode == GuestMode.Protected && image.Entry.Value > uint.MaxValue)
            throw new ImageException($"starts at 0x{image.Entry.Value:x}, which protected mode does not reach");
    }

    /// <summary>Gives a machine its memory, in slots as equal as pages allow, and loads the image.</summary>
    /// <param name="machine">A machine without memory and vCPUs.</param>
    /// <param name="memory">As much as the record says.</param>
    internal void Load(IMachine machine, HostMapping memory)
    {
        ulong pages = record.MemoryBytes / Page.Size;
        ulong slots = (ulong)record.Slots;
        for (ulong slot = 0; slot < slots; slot++)
        {
            ulong first = pages * slot / slots * Page.Size;
            ulong end = pages * (slot + 1) / slots * Page.Size;
            machine.Slots.Set(new MemoryRegion(
                new SlotId((ushort)slot), SlotFlags.None, new Gpa(first), end - first, memory.Range.Start + first)
            {
                Backing = memory,
            });
        }
        foreach (ImageSegment segment in image.Segments)
        {
            if (!machine.Memory.TryWrite(segment.Address, segment.Contents.Span, out _))
                throw new InvalidOperationException($"the segment at {segment.Address} lies outside memory");
        }
        if (image.IsMultiboot)
        {
            MultibootInformation.Write(machine.Memory, record.MemoryBytes);
            record.WriteCommandLine(machine.Memory);
        }
        else
        {
            record.Write(machine.Memory);
        }
        StartState.WriteDescriptors(machine.Memory, image.Mode);
        if (image.Mode == GuestMode.Long)
            IdentityMap.Write(machine.Memory, record.MemoryBytes);
    }

    /// <summary>Creates the vCPUs, ready to run.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="firstAlone">Whether the first starts the others itself, through their local APICs.</param>
    internal IVcpu[] CreateVcpus(IMachine machine, bool firstAlone)
    {
        KvmCpuidEntry[] cpuid = machine.Backend.GetSupportedCpuid();
        var vcpus = new IVcpu[record.Cpus];
        for (int index = 0; index < vcpus.Length; index++)
        {
            vcpus[index] = machine.CreateVcpu(new VcpuId((uint)index));
            SetApicId(cpuid, (uint)index);
            vcpus[index].SetCpuid(cpuid);
            if (index == 0 || !firstAlone)
                StartState.Apply(vcpus[index], image, index, StackOf(index));
        }
        return vcpus;
    }

    static void SetApicId(KvmCpuidEntry[] cpuid, uint id)
    {
        const int ApicIdShift = 24;
        foreach (ref KvmCpuidEntry entry in cpuid.AsSpan())
        {
            if (entry.Function == 1)
                entry.Ebx = (entry.Ebx & ((1u << ApicIdShift) - 1)) | (id << ApicIdShift);
        }
    }

    Gpa StackOf(int index) => image.Mode == GuestMode.Real
        ? new Gpa(BootLayout.RealStacksEnd.Value - ((ulong)index * BootLayout.RealStackBytes))
        : new Gpa(StacksEnd() - ((ulong)index * BootLayout.StackBytes));

    ulong StackBytes() => (ulong)record.Cpus * BootLayout.StackBytes;

    ulong StacksEnd() =>
        image.Mode == GuestMode.Protected ? Math.Min(record.MemoryBytes, FourGigabytes) : record.MemoryBytes;
}
