using System;
using KvmSharp.HostMemory;

namespace KvmSharp.Slots.GuestFiles;

/// <summary>A file of a machine that no other hypervisor runs. What nobody can map needs no memory, and has none.</summary>
sealed class SharedMemoryFile : GuestMemoryFile
{
    readonly Lazy<SharedMemory> _memory;

    internal SharedMemoryFile(MemorySlots slots, ulong size, GuestMemoryFlags flags)
        : base(slots, size, flags) => _memory = new(() => SharedMemory.Create(size, "guest_memfd"));

    /// <inheritdoc/>
    protected override HostMapping MapShared() => _memory.Value.MapAgain();

    /// <inheritdoc/>
    protected override void Close()
    {
        if (_memory.IsValueCreated)
            _memory.Value.Dispose();
    }
}
