using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace KvmSharp.Checkpoints;

/// <summary>
/// Slots and memory of a machine at one moment, apart from the machine: to be cloned, saved to a file, and loaded in another
/// process. <see cref="RestorePoint.Take"/> makes one.
/// </summary>
/// <remarks>Nothing in it changes. Members may be called from any thread, but not beside or after disposal.</remarks>
public sealed partial class Checkpoint : IDisposable
{
    readonly CheckpointSlot[] _slots;
    bool _disposed;

    internal Checkpoint(Guid id, Guid? parent, int addressSpaces, CheckpointSlot[] slots, CheckpointImage image)
    {
        Id = id;
        Parent = parent;
        AddressSpaces = addressSpaces;
        _slots = slots;
        Image = image;
    }

    /// <summary>The checkpoint's name, as its children know it.</summary>
    public Guid Id { get; }

    /// <summary>The checkpoint that this one says the difference to; none when it is whole.</summary>
    public Guid? Parent { get; }

    /// <summary>Address spaces of the machine.</summary>
    public int AddressSpaces { get; }

    /// <summary>The slots, in no order.</summary>
    public IReadOnlyList<CheckpointSlot> Slots => _slots;

    /// <summary>Pages of memory that the slots cover, each once however many slots share it.</summary>
    public ulong PageCount => Image.PageCount;

    /// <summary>Pages whose content is kept here: those not zero, or with a parent, those that may differ from it.</summary>
    public ulong OwnPageCount => Image.PresentCount;

    internal CheckpointImage Image { get; }

    /// <summary>
    /// Makes a machine with the checkpoint's slots and memory, and no vCPUs. Memory is shared with all other clones until
    /// either writes, so a clone takes no time in proportion to memory – with parents, in proportion to what differs from
    /// the oldest.
    /// </summary>
    /// <param name="options">Choices for the machine; it gets at least the address spaces it had.</param>
    /// <exception cref="ObjectDisposedException">The checkpoint was disposed.</exception>
    /// <exception cref="KvmException">A slot does not fit the options.</exception>
    /// <exception cref="HostMemoryException">The host refused to map the memory.</exception>
    public VirtualMachine Clone(VirtualMachineOptions? options = null) => Clone(options, restorable: false).Machine;

    /// <summary>Makes a machine as <see cref="Clone(VirtualMachineOptions?)"/> does, and a point to bring it back to.</summary>
    /// <param name="point">The point; its checkpoint is this one.</param>
    /// <param name="options">Choices for the machine; it gets at least the address spaces it had.</param>
    /// <inheritdoc cref="Clone(VirtualMachineOptions?)" path="/exception"/>
    public VirtualMachine Clone(out RestorePoint point, VirtualMachineOptions? options = null)
    {
        (VirtualMachine machine, RestorePoint? made) = Clone(options, restorable: true);
        point = made!;
        return machine;
    }

    /// <summary>Lets go of the memory. Clones, children and open restore points keep what they need.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Image.Release();
    }

    (VirtualMachine Machine, RestorePoint? Point) Clone(VirtualMachineOptions? options, bool restorable)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        options ??= new VirtualMachineOptions();
        if (options.AddressSpaces < AddressSpaces)
            options = options with { AddressSpaces = AddressSpaces };
        // The slots hold the mapping from here on, and nobody else does.
        using CopyOnWriteMemory? memory = Image.MapCopy();
        var machine = new VirtualMachine(options);
        try
        {
            if (memory is not null)
                AddSlots(machine, memory);
            RestorePoint? point = restorable ? RestorePoint.AtClone(machine, this, memory?.Range ?? default) : null;
            return (machine, point);
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    void AddSlots(VirtualMachine machine, CopyOnWriteMemory memory)
    {
        for (byte space = 0; space < AddressSpaces; space++)
        {
            SlotTransaction transaction = machine.Slots.BeginTransaction(new AddressSpaceId(space));
            foreach (CheckpointSlot slot in _slots)
            {
                if (slot.Space.Value != space)
                    continue;
                transaction.Set(new MemoryRegion(
                    slot.Id, slot.Flags, slot.Frames.Start.Base, slot.Frames.Count << Page.Shift,
                    memory.Start + (slot.ImagePage << Page.Shift))
                { Backing = memory });
            }
            transaction.Apply();
        }
    }
}
