using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Reclaim;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Checkpoints;

/// <summary>
/// A state of a running machine to go back to, as often as wanted: its slots and its memory. Going back costs what was
/// written since, not the size of memory.
/// </summary>
/// <remarks>
/// Registers of vCPUs and state of devices are not part of it. While it is open, every slot that the guest can write is
/// logged, writes through <see cref="MachineMemory"/> are recorded as the guest's are, and so are pages that are discarded.
/// In a machine with dirty rings that is beside the rings, which hold what vCPUs write as before.
/// What the host stores past all that, through <see cref="HostMapping"/> or a pointer of its own, is not undone; nor is
/// what lies in read-only slots.
/// <para>
/// Take and restore with all vCPUs outside guest mode and nobody else using guest memory; a vCPU in guest mode is refused.
/// Members may be called from any thread, one at a time.
/// </para>
/// </remarks>
public sealed partial class RestorePoint : IDisposable
{
    readonly VirtualMachine _machine;
    readonly MemoryLayout _layout;
    readonly SlotDefinition[] _slots;
    readonly DirtyConsumer _consumer;

    // Memory that stays mapped, so that a slot which is deleted can come back.
    readonly List<HostMapping> _held = [];
    readonly SlotGeneration[] _generations;

    RestorePoint(
        VirtualMachine machine, Checkpoint checkpoint, MemoryLayout layout, SlotDefinition[] slots, DirtyConsumer consumer)
    {
        _machine = machine;
        Checkpoint = checkpoint;
        _layout = layout;
        _slots = slots;
        _consumer = consumer;
        _generations = new SlotGeneration[machine.Slots.SpaceCount];
        RememberGenerations();
        foreach (SlotDefinition slot in slots)
        {
            if (slot.Backing is { } backing && backing.TryAddReference())
                _held.Add(backing);
        }
        checkpoint.Image.AddReference();
        machine.DirtyTracking.AddRecorder();
    }

    /// <summary>The state; may be saved, cloned and kept after this point is closed. Whoever took the point disposes it.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>Whether the point was closed.</summary>
    public bool IsDisposed => _consumer.IsDisposed;

    /// <summary>
    /// Makes a point of the machine as it is now. Copies its memory – all that is not zero, or with a parent, what was
    /// written since.
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="parent">
    /// An open point of the same machine. If the slots' host memory is another by now, it is not made use of, and
    /// <see cref="Checkpoint.Parent"/> is none.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// A vCPU is in guest mode, or the calling thread inside a read section.
    /// </exception>
    /// <exception cref="KvmException">
    /// <see cref="KvmErrno.ENXIO"/>: the machine's vCPUs are another hypervisor's, as on <c>/dev/kvm</c>.
    /// <see cref="KvmErrno.EINVAL"/>: a slot cannot be logged, because it has pages of a file. <see cref="KvmErrno.EFAULT"/>: host
    /// memory of a slot may not be read. <see cref="KvmErrno.EIO"/>: it is dead.
    /// </exception>
    public static RestorePoint Take(VirtualMachine machine, RestorePoint? parent = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ReadSections.ThrowIfInside();
        if (parent is not null && !ReferenceEquals(parent._machine, machine))
            throw new ArgumentException("the parent is a point of another machine", nameof(parent));
        ObjectDisposedException.ThrowIf(parent is { IsDisposed: true }, parent!);
        lock (machine.Slots.UpdateLock)
        {
            RequireStopped(machine);
            RequireRecorded(machine);
            List<MemorySlot> before = ListSlots(machine);
            var layout = new MemoryLayout(before);
            foreach (MemorySlot slot in before)
            {
                RequireLoggable(slot);
                RequireReadable(slot);
            }
            BeginLogging(machine);
            DirtyConsumer consumer = machine.DirtyTracking.OpenConsumer(keepsDropped: true);
            try
            {
                RestorePoint? usable = parent is not null && layout.IsSameAs(parent._layout) ? parent : null;
                Checkpoint checkpoint = Capture(machine, before, layout, usable);
                return new RestorePoint(machine, checkpoint, layout, ListDefinitions(machine), consumer);
            }
            catch
            {
                consumer.Dispose();
                throw;
            }
        }
    }

    /// <summary>Makes a point of a machine that was just cloned, without copying anything.</summary>
    internal static RestorePoint AtClone(VirtualMachine machine, Checkpoint checkpoint, HvaRange memory)
    {
        lock (machine.Slots.UpdateLock)
        {
            RequireRecorded(machine);
            BeginLogging(machine);
            DirtyConsumer consumer = machine.DirtyTracking.OpenConsumer(keepsDropped: true);
            return new RestorePoint(machine, checkpoint, new MemoryLayout(memory), ListDefinitions(machine), consumer);
        }
    }

    /// <summary>Closes the point. Slots stay logged; KVM's own calls, and other points, may be using their logs.</summary>
    public void Dispose()
    {
        if (IsDisposed)
            return;
        _consumer.Dispose();
        _machine.DirtyTracking.RemoveRecorder();
        Checkpoint.Image.Release();
        foreach (HostMapping mapping in _held)
            mapping.ReleaseReference();
        _held.Clear();
    }

    static Checkpoint Capture(VirtualMachine machine, List<MemorySlot> slots, MemoryLayout layout, RestorePoint? parent)
    {
        var image = new CheckpointImage(layout.PageCount, parent?.Checkpoint.Image);
        try
        {
            if (parent is null)
                CaptureAll(image, slots, layout);
            else
                parent.CaptureWrittenSince(image);
            return new Checkpoint(
                Guid.NewGuid(), parent?.Checkpoint.Id, machine.Slots.SpaceCount, ListForCheckpoint(slots, layout), image);
        }
        catch
        {
            image.Release();
            throw;
        }
    }

    static void CaptureAll(CheckpointImage image, List<MemorySlot> slots, MemoryLayout layout)
    {
        // Host memory that several slots share is captured with the first, so each address is looked at once.
        Hva done = default;
        slots.Sort(static (left, right) => left.Hva.Value.CompareTo(right.Hva.Value));
        foreach (MemorySlot slot in slots)
        {
            Hva next = slot.Hva > done ? slot.Hva : done;
            while (next < slot.HvaRange.End)
            {
                var rest = new HvaRange(next, slot.HvaRange.End - next);
                HvaRange run = slot.Backing?.FirstPopulated(rest) ?? rest;
                if (run.IsEmpty)
                    break;
                image.Capture(layout.PageOf(run.Start), run.Start, run.Length >> Page.Shift);
                next = run.End;
            }
            done = slot.HvaRange.End > done ? slot.HvaRange.End : done;
        }
    }

    void CaptureWrittenSince(CheckpointImage image)
    {
        // What was written since this point stays owed to it: it is to be restored all the same.
        foreach (DirtyRange range in _consumer.Accumulate())
        {
            HvaRange rest = range.HvaRange;
            while (_layout.TryFindFirst(rest, out HvaRange part, out ulong page))
            {
                image.Capture(page, part.Start, part.Length >> Page.Shift);
                rest = new HvaRange(part.End, rest.End - part.End);
            }
        }
    }

    static CheckpointSlot[] ListForCheckpoint(List<MemorySlot> slots, MemoryLayout layout)
    {
        var listed = new CheckpointSlot[slots.Count];
        for (int index = 0; index < listed.Length; index++)
        {
            MemorySlot slot = slots[index];
            listed[index] = new CheckpointSlot(slot.Space, slot.Id, slot.Frames, slot.Flags, layout.PageOf(slot.Hva));
        }
        return listed;
    }

    static List<MemorySlot> ListSlots(VirtualMachine machine)
    {
        List<MemorySlot> slots = [];
        for (byte space = 0; space < machine.Slots.SpaceCount; space++)
        {
            foreach (MemorySlot slot in machine.Slots.Snapshot(new AddressSpaceId(space)).All)
                slots.Add(slot);
        }
        return slots;
    }

    static SlotDefinition[] ListDefinitions(VirtualMachine machine) =>
        [.. ListSlots(machine).ConvertAll(static slot => slot.Definition)];

    static void BeginLogging(VirtualMachine machine)
    {
        machine.DirtyTracking.KeepBitmapsLocked();
        for (byte space = 0; space < machine.Slots.SpaceCount; space++)
            machine.DirtyTracking.SetLogging(true, new AddressSpaceId(space));
    }

    static void RequireStopped(VirtualMachine machine)
    {
        foreach (Vcpu vcpu in machine.Vcpus)
        {
            if (vcpu.Mode != VcpuMode.OutsideGuestMode)
                throw new InvalidOperationException($"{vcpu}: stop it before memory is captured or restored");
        }
    }

    static void RequireLoggable(MemorySlot slot)
    {
        if (slot.HasGuestMemory)
            throw new KvmException("taking a restore point", KvmErrno.EINVAL, $"{slot}: a slot with GUEST_MEMFD cannot be logged");
    }

    static void RequireRecorded(VirtualMachine machine)
    {
        if (machine.Options.SlotMirror is null)
            return;
        throw new KvmException(
            "taking a restore point", KvmErrno.ENXIO, "another hypervisor runs the vCPUs, and what they write is not recorded here");
    }

    static void RequireReadable(MemorySlot slot)
    {
        if (slot.Backing is not { } backing)
            return;
        for (Hva next = slot.Hva; next < slot.HvaRange.End;)
        {
            if (backing.ProtectionAt(next, out HvaRange uniform) == HostProtection.None)
                throw new KvmException("taking a restore point", KvmErrno.EFAULT, $"{slot}: {uniform} may not be read");
            next = uniform.End;
        }
    }
}
